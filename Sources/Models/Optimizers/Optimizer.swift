import CKernels
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Turns gradients into steps, and keeps what it must remember between steps.
///
/// - SGD: w −= rate · g; nothing is remembered.
/// - Adagrad: state += g², w −= rate · g / (√state + ε). Tables keep one number a row, the mean of its g²
///   (row-wise Adagrad), unless `isRowWise` is off. Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods"
///   (2011); the row-wise form is that of DLRM, Naumov et al. (2019).
/// - Adam: w −= rate · m̂ / (√v̂ + ε). Tables move only the rows of the step (lazy Adam). Source: Kingma and Ba, "Adam"
///   (2015).
///
/// Rows of a table are shared out over threads by their number, and each is summed over the batch in order, so steps
/// repeat exactly, whatever the number of threads.
package struct Optimizer: Sendable {
    /// Which rule makes the steps.
    package enum Rule: String, Sendable, CaseIterable {
        /// Stochastic gradient descent.
        case sgd
        /// Adagrad, row-wise on tables.
        case adagrad
        /// Adagrad with one number for each number.
        case adagradFull = "adagrad-full"
        /// Adam, lazy on tables.
        case adam
    }

    /// The rule.
    package let rule: Rule
    /// What is remembered of each parameter.
    package let first: [Matrix]
    /// The second thing remembered, with Adam.
    package let second: [Matrix]
    /// How many steps were made.
    package var step = 0
    private let threads: Int
    private let scratch: [[TableScratch?]]

    /// Makes an optimiser that remembers nothing yet.
    package init(_ rule: Rule, _ parameters: Parameters, threads: Int) {
        self.rule = rule
        self.threads = threads
        first = parameters.entries.map {
            rule == .sgd
                ? Matrix(rows: 0, columns: 0)
                : Matrix(rows: $0.matrix.rows, columns: rule == .adagrad && $0.isTable ? 1 : $0.matrix.columns)
        }
        second = parameters.entries.map {
            rule == .adam
                ? Matrix(rows: $0.matrix.rows, columns: $0.matrix.columns) : Matrix(rows: 0, columns: 0)
        }
        scratch = parameters.entries.map { entry in
            guard entry.isTable else { return [nil] }
            let map = SlotMap(rows: entry.matrix.rows)
            return (0..<threads).map { _ in TableScratch(map: map) }
        }
    }

    /// Makes one step.
    ///
    /// - Parameters:
    ///   - dense: each worker's gradients; they are added in order, into the first.
    ///   - uses: the lookups of the batch.
    ///   - rate: the learning rate.
    ///   - decay: L2 regularisation: each gradient gets `decay · w` (for tables: of the rows of the step).
    /// - Complexity: O(lookups · width + dense parameters · workers)
    package mutating func update(
        _ parameters: Parameters, dense: [DenseGradients], uses: [TableUse], rate: Float, decay: Float
    ) {
        step += 1
        let corrected = rule == .adam ? rate * Float(Self.correction(step)) : rate
        // ε is corrected likewise, so that the step is exactly Adam's.
        let epsilon = Float(1e-8 * (1 - pow(0.999, Double(step))).squareRoot())
        let tables = Dictionary(grouping: uses, by: \.table).sorted { $0.key < $1.key }
        let places = parameters.entries.indices.filter { !parameters.entries[$0].isTable }
        let optimizer = self
        parallelFor(threads, grain: 1, threads: threads) { parts, _ in
            for part in parts {
                for (table, uses) in tables {
                    optimizer.updateTable(
                        table, parameters, uses, part: part, rate: corrected, epsilon: epsilon, decay: decay)
                }
                for place in places {
                    optimizer.updateDense(
                        place, parameters, dense, part: part, rate: corrected, epsilon: epsilon, decay: decay)
                }
            }
        }
    }

    private static func correction(_ step: Int) -> Double {
        (1 - pow(0.999, Double(step))).squareRoot() / (1 - pow(0.9, Double(step)))
    }

    /// One thread's share of a dense parameter: numbers stand for themselves, so how they are shared changes nothing.
    private func updateDense(
        _ place: Int, _ parameters: Parameters, _ dense: [DenseGradients], part: Int, rate: Float, epsilon: Float,
        decay: Float
    ) {
        let size = parameters[place].values.count
        let from = size * part / threads
        let count = size * (part + 1) / threads - from
        guard count > 0 else { return }
        let (parameter, gradient) = (parameters[place].pointer + from, dense[0][place].pointer + from)
        for other in dense.dropFirst() { martlet_axpy(1, other[place].pointer + from, gradient, count) }
        switch rule {
        case .sgd: martlet_sgd(parameter, gradient, count, rate, decay)
        case .adagrad, .adagradFull:
            martlet_adagrad(parameter, first[place].pointer + from, gradient, count, rate, decay)
        case .adam:
            martlet_adam(
                parameter, first[place].pointer + from, second[place].pointer + from, gradient, count, rate, epsilon,
                decay)
        }
    }

    private func updateTable(
        _ table: Int, _ parameters: Parameters, _ uses: [TableUse], part: Int, rate: Float, epsilon: Float,
        decay: Float
    ) {
        let matrix = parameters[table]
        let scratch = scratch[table][part]!
        let occurrences = uses.reduce(0) { $0 + $1.ids.count }
        scratch.reserve(min(occurrences, matrix.rows / threads + 1), width: matrix.columns)
        var count = 0
        for use in uses {
            let rows = use.offsets.map { $0.count - 1 } ?? use.ids.count
            guard rows > 0, !use.ids.isEmpty else { continue }
            use.offsets.withOptionalPointer { offsets in
                use.weights.withOptionalPointer { weights in
                    count = martlet_collect(
                        offsets, use.ids, weights, rows, use.gradient.pointer + use.column, use.gradient.columns,
                        use.width, Int32(threads), Int32(part), scratch.map.slots, scratch.slots, count, scratch.sums)
                }
            }
        }
        switch rule {
        case .sgd:
            for slot in 0..<count {
                let row = Int(scratch.slots[slot])
                scratch.map.slots[row] = -1
                martlet_sgd(
                    matrix.pointer + row * matrix.columns, scratch.sums + slot * matrix.columns, matrix.columns, rate,
                    decay)
            }
        case .adagrad:
            martlet_rowwise_adagrad(
                matrix.pointer, first[table].pointer, matrix.columns, scratch.slots, count, scratch.sums,
                scratch.map.slots, rate, decay)
        case .adagradFull:
            martlet_sparse_adagrad(
                matrix.pointer, first[table].pointer, matrix.columns, scratch.slots, count, scratch.sums,
                scratch.map.slots, rate, decay)
        case .adam:
            martlet_lazy_adam(
                matrix.pointer, first[table].pointer, second[table].pointer, matrix.columns, scratch.slots, count,
                scratch.sums, scratch.map.slots, rate, epsilon, decay)
        }
    }
}
