import CKernels
import Synchronization
import Tensor

/// Half an epoch of alternating least squares: all vectors of one side, the other side held.
///
/// For each row with observed items S, the x that minimises
///
///   Σ_{i ∈ S} (w ⟨x, y_i⟩² − 2 t ⟨x, y_i⟩ + t) + α₀ Σ_i ⟨x, y_i⟩² + λ ‖x‖²
///
/// whose normal equations are (α₀ YᵀY + w Σ_S y yᵀ + λ I) x = t Σ_S y. With w = t this is the objective of "iALS"; with
/// w = t − α₀ the unobserved weight counts for unobserved pairs only.
package struct AlternatingStep: Sendable {
    /// Y, `M × D`: the side that is held.
    package let held: Matrix
    /// Each row's observed items, distinct.
    let observed: SparseRows
    /// λ of each row.
    let regularization: [Float]
    /// w.
    let weight: Float
    /// t.
    let target: Float
    /// α₀ YᵀY, `D × D`.
    private let gram: Matrix
    private let threads: Int?

    /// How many rows walk in lockstep: their vectors, residuals and the items they need stay in the cache.
    private static let lockstep = 48

    package init(
        held: Matrix, gram: Matrix, observed: SparseRows, regularization: [Float], weight: Float, target: Float,
        threads: Int?
    ) {
        precondition(observed.columns == held.rows, "the observed items are those of the held side")
        precondition(regularization.count == observed.rows, "each row has its regularisation")
        self.held = held
        self.observed = observed
        self.regularization = regularization
        self.weight = weight
        self.target = target
        self.gram = gram
        self.threads = threads
    }

    /// α₀ YᵀY.
    ///
    /// - Complexity: O(M · D²)
    package static func gram(_ held: Matrix, background: Float, threads: Int?) -> Matrix {
        let gram = Matrix(rows: held.columns, columns: held.columns)
        Matrix.multiply(held, transposed: true, held, into: gram, alpha: background, threads: threads)
        return gram
    }

    /// A few steps of conjugate gradient from where each vector is.
    ///
    /// Source: Takács, Pilászy and Tikk, "Applications of the Conjugate Gradient Method for Implicit Feedback
    /// Collaborative Filtering" (RecSys 2011).
    ///
    /// - Parameter vectors: x, `rows × D`; read and written.
    /// - Returns: the objective above, summed over rows, after the steps.
    /// - Complexity: O(steps · D · (observed pairs + rows · D))
    package func conjugateGradient(_ vectors: Matrix, steps: Int) -> Double {
        eachPart(rowsAtOnce: Self.lockstep) { rows, scratch in
            let (count, width) = (rows.count, held.columns)
            let (r, p, q, b) = (scratch[0], scratch[1], scratch[2], scratch[3])
            let x = vectors.pointer + rows.lowerBound * width
            var squares = [Float](repeating: 0, count: count)
            return observed.withPointers { offsets, items in
                regularization.withUnsafeBufferPointer { lambda in
                    let (offsets, lambda) = (offsets + rows.lowerBound, lambda.baseAddress! + rows.lowerBound)
                    productWithGram(x, rows: count, into: r)
                    martlet_als_start(
                        held.pointer, width, offsets, items, count, weight, target, lambda, x, r, p, b, &squares)
                    // Rows that began near their solution are left there: what is left to gain is rounding.
                    let least = squares.map { max($0 * 1e-10, 1e-20) }
                    for _ in 0..<steps {
                        productWithGram(p, rows: count, into: q)
                        let moving = martlet_als_step(
                            held.pointer, width, offsets, items, count, weight, lambda, least, x, r, p, q, &squares)
                        if moving == 0 { break }
                    }
                    // xᵀA x − 2 bᵀx = −⟨x, b + r⟩, r being b − A x.
                    var objective = 0.0
                    for row in 0..<count {
                        var sum: Float = 0
                        for place in row * width..<(row + 1) * width { sum += x[place] * (b[place] + r[place]) }
                        objective += Double(target) * Double(offsets[row + 1] - offsets[row]) - Double(sum)
                    }
                    return objective
                }
            }
        }
    }

    /// Blocks of dimensions in turn, each solved exactly, the others held: one sweep over all blocks.
    ///
    /// Source: Rendle et al., "iALS++: Speeding up Matrix Factorization with Subspace Optimization" (2021).
    ///
    /// - Parameters:
    ///   - vectors: x, `rows × D`; read and written.
    ///   - size: how many dimensions a block has; D solves for whole vectors.
    /// - Returns: the objective above, summed over rows, after the sweep.
    /// - Complexity: O(size · D · observed pairs + D · (D + size²) · rows)
    package func blocks(_ vectors: Matrix, size: Int) -> Double {
        eachPart(rowsAtOnce: 1) { rows, scratch in
            let width = held.columns
            let x = vectors.pointer + rows.lowerBound * width
            let items = observed[rows.lowerBound]
            let solver = BlockSolver(
                x: x, width: width, gram: gram.pointer, weight: weight, target: target,
                lambda: regularization[rows.lowerBound])
            return solver.sweep(held, items, size: size, scratch: scratch)
        }
    }

    private func productWithGram(_ x: UnsafePointer<Float>, rows: Int, into result: UnsafeMutablePointer<Float>) {
        let width = held.columns
        sgemm(
            m: rows, n: width, k: width, a: x, strideA: width, b: gram.pointer, strideB: width, c: result,
            strideC: width, threads: 1)
    }

    /// Calls `body` for neighbouring rows, some at once, with four pieces of scratch memory of `rowsAtOnce × D`.
    ///
    /// Parts of about equal work are handed out as threads become free and their sums are added in order, so that
    /// results don't depend on the threads.
    private func eachPart(
        rowsAtOnce: Int,
        _ body: @Sendable (_ rows: Range<Int>, _ scratch: [UnsafeMutablePointer<Float>]) -> Double
    ) -> Double {
        let parts = min(64, max(observed.rows / rowsAtOnce, 1))
        let cuts = observed.rowCuts(parts: parts)
        var sums = [Double](repeating: 0, count: parts)
        let next = Atomic(0)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            parallelFor(min(parts, threads ?? Threads.count), threads: threads) { _, _ in
                let memory = Matrix(rows: 4, columns: rowsAtOnce * held.columns)
                let scratch = (0..<4).map { memory.row($0).baseAddress! }
                while true {
                    let part = next.add(1, ordering: .relaxed).oldValue
                    guard part < parts else { break }
                    for start in stride(from: cuts[part], to: cuts[part + 1], by: rowsAtOnce) {
                        sums[part] += body(start..<min(start + rowsAtOnce, cuts[part + 1]), scratch)
                    }
                }
                withExtendedLifetime(memory) {}
            }
        }
        return sums.reduce(0, +)
    }
}
