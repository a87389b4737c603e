import CKernels
import Tensor

/// One row's sweep over blocks of its dimensions; see ``AlternatingStep``.
struct BlockSolver {
    /// The row's vector, D numbers.
    let x: UnsafeMutablePointer<Float>
    /// D.
    let width: Int
    /// α₀ YᵀY, `D × D`.
    let gram: UnsafePointer<Float>
    /// What an observed pair weighs in the curvature, and what in the pull.
    let weight: Float
    let target: Float
    /// The row's regularisation.
    let lambda: Float

    /// Solves for one block after the other and returns the row's objective.
    ///
    /// - Parameters:
    ///   - held: Y.
    ///   - items: the row's observed items.
    ///   - size: how many dimensions a block has.
    func sweep(
        _ held: Matrix, _ items: ArraySlice<Int32>, size: Int, scratch: [UnsafeMutablePointer<Float>]
    ) -> Double {
        let count = items.count
        let pull = scratch[0]
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: count * width + count + 1) { memory in
            let rows = memory.baseAddress!
            let scores = rows + count * width
            items.withUnsafeBufferPointer {
                if let first = $0.baseAddress { martlet_gather(held.pointer, width, first, count, 0, rows, width) }
            }
            for entry in 0..<count { scores[entry] = martlet_dot(rows + entry * width, x, width) }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: size * size) { curvature in
                for start in stride(from: 0, to: width, by: size) {
                    let block = min(size, width - start)
                    fillCurvature(curvature.baseAddress!, start, block, rows, count)
                    for place in 0..<block {
                        let row = start + place
                        pull[place] = -(martlet_dot(gram + row * width, x, width) + lambda * x[row])
                    }
                    for entry in 0..<count {
                        martlet_axpy(target - weight * scores[entry], rows + entry * width + start, pull, block)
                    }
                    // Not positive definite is NaN, which the loss shows.
                    guard solvePositiveDefinite(curvature.baseAddress!, order: block, pull) else {
                        x[start] = .nan
                        break
                    }
                    martlet_axpy(1, pull, x + start, block)
                    for entry in 0..<count {
                        scores[entry] += martlet_dot(rows + entry * width + start, pull, block)
                    }
                }
            }
            return objective(scores, count)
        }
    }

    /// The block's part of the matrix of the normal equations, its lower triangle.
    private func fillCurvature(
        _ curvature: UnsafeMutablePointer<Float>, _ start: Int, _ block: Int, _ rows: UnsafePointer<Float>, _ count: Int
    ) {
        for place in 0..<block {
            (curvature + place * block).update(from: gram + (start + place) * width + start, count: place + 1)
            curvature[place * block + place] += lambda
        }
        addGram(rows + start, rows: count, columns: block, stride: width, alpha: weight, to: curvature)
    }

    private func objective(_ scores: UnsafePointer<Float>, _ count: Int) -> Double {
        var sum = Double(lambda * martlet_dot(x, x, width))
        for place in 0..<width { sum += Double(x[place] * martlet_dot(gram + place * width, x, width)) }
        for entry in 0..<count {
            sum += Double(weight * scores[entry] * scores[entry] - 2 * target * scores[entry] + target)
        }
        return sum
    }
}
