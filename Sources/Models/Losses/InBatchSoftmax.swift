import CKernels
import Tensor

/// Softmax over the items of the batch: every row's item is the others' negative.
///
/// z(r, j) = ⟨u_r, v_j⟩ / τ + b_j + r(r, j) − log q_j
///
/// L = Σ_r weight_r · −log (exp z(r, r) / Σ_j exp z(r, j)) / B
///
/// log q_j, the item's share of the rows, undoes that popular items are drawn as negatives more often (logQ
/// correction): with it, z without the last term estimates the log of the item's probability. Columns of the same item
/// as the row's own (accidental hits) are left out of the sum. r is not 0 where the user bought the item before. `B × B` logits never lie in memory whole: blocks of rows
/// go through product, softmax and both products of the way back.
///
/// Source: Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
package struct InBatchSoftmax: Sendable {
    /// 1 / τ.
    package let scale: Float
    /// Whether columns of the row's own item are left out.
    package let masksAccidentalHits: Bool
    private let blockRows: Int
    private let blocks: [Matrix]
    private let itemGradients: [Matrix]
    private let biasGradients: [Matrix]
    private let repeatGradients: [Matrix]
    private let dimension: Int

    /// Takes memory for batches of up to `rows` rows of `dimension` numbers.
    package init(temperature: Float, masksAccidentalHits: Bool, rows: Int, dimension: Int, threads: Int) {
        scale = 1 / temperature
        self.masksAccidentalHits = masksAccidentalHits
        self.dimension = dimension
        // A block of logits should stay in the core's share of the cache between the passes over it.
        let blockRows = max(16, min(128, (1 << 18) / max(rows, 1)))
        self.blockRows = blockRows
        blocks = (0..<threads).map { _ in Matrix(rows: blockRows, columns: rows) }
        itemGradients = (0..<threads).map { _ in Matrix(rows: rows, columns: dimension) }
        biasGradients = (0..<threads).map { _ in Matrix(rows: 1, columns: rows) }
        repeatGradients = (0..<threads).map { _ in Matrix(rows: 1, columns: 2) }
    }

    /// One batch: what goes in.
    package struct Batch: Sendable {
        /// The items, `B` of them.
        package var items: [Int32]
        /// b_j − log q_j.
        package var offsets: [Float]
        /// The weight of each row.
        package var weights: [Float]

        /// What was bought before, if that counts.
        package var repeats: BatchRepeats?

        package init(items: [Int32], offsets: [Float], weights: [Float], repeats: BatchRepeats? = nil) {
            self.items = items
            self.offsets = offsets
            self.weights = weights
            self.repeats = repeats
        }
    }

    /// The loss of a batch and its gradients.
    ///
    /// - Parameters:
    ///   - users: u, `B × D` (rows past `B` are not looked at).
    ///   - items: v, `B × D`.
    ///   - userGradient: receives ∂L/∂u.
    ///   - itemGradient: receives ∂L/∂v.
    ///   - biasGradient: receives ∂L/∂b, `B` numbers.
    ///   - repeatGradient: receives ∂L/∂ρ, `1 × 2`.
    /// - Returns: L.
    /// - Complexity: O(B² · D)
    package func callAsFunction(
        _ batch: Batch, users: Matrix, items: Matrix, userGradient: Matrix, itemGradient: Matrix,
        biasGradient: Matrix, repeatGradient: Matrix? = nil, threads: Int
    ) -> Double {
        let count = batch.items.count
        let share = 1 / Float(count)
        let weights = batch.weights.map { $0 * share }
        var losses = [Double](repeating: 0, count: blocks.count)
        for worker in 0..<blocks.count {
            itemGradients[worker].pointer.update(repeating: 0, count: count * dimension)
            biasGradients[worker].pointer.update(repeating: 0, count: count)
            repeatGradients[worker].pointer.update(repeating: 0, count: 2)
        }
        losses.withUnsafeMutableBufferPointer { losses in
            nonisolated(unsafe) let losses = losses
            parallelFor(count, grain: blockRows, threads: threads) { range, worker in
                for first in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
                    let rows = first..<min(first + blockRows, range.upperBound)
                    losses[worker] += block(
                        rows, of: batch, weights, users: users, items: items, userGradient: userGradient, worker)
                }
            }
        }
        parallelFor(count, grain: 64, threads: threads) { rows, _ in
            addUp(itemGradients, into: itemGradient, from: rows.lowerBound * dimension, count: rows.count * dimension)
            addUp(biasGradients, into: biasGradient, from: rows.lowerBound, count: rows.count)
        }
        if let repeatGradient { addUp(repeatGradients, into: repeatGradient, from: 0, count: 2) }
        return losses.reduce(0, +)
    }

    private func block(
        _ rows: Range<Int>, of batch: Batch, _ weights: [Float], users: Matrix, items: Matrix, userGradient: Matrix,
        _ worker: Int
    ) -> Double {
        let count = batch.items.count
        let logits = blocks[worker].pointer
        let user = users.pointer + rows.lowerBound * dimension
        sgemm(
            transposeB: true, m: rows.count, n: count, k: dimension, a: user, strideA: dimension, b: items.pointer,
            strideB: dimension, c: logits, strideC: count, threads: 1)
        if let repeats = batch.repeats {
            let (always, often) = repeats.coefficients
            for row in rows {
                let z = logits + (row - rows.lowerBound) * count
                for entry in repeats.offsets[row]..<repeats.offsets[row + 1] {
                    z[Int(repeats.columns[entry])] += (always + often * repeats.counts[entry]) / scale
                }
            }
        }
        let loss = weights.withUnsafeBufferPointer {
            martlet_softmax_block(
                logits, rows.count, count, rows.lowerBound, scale, batch.offsets, batch.items,
                masksAccidentalHits ? 1 : 0, $0.baseAddress! + rows.lowerBound)
        }
        if let repeats = batch.repeats {
            let sums = repeatGradients[worker].pointer
            for row in rows {
                let slope = logits + (row - rows.lowerBound) * count
                for entry in repeats.offsets[row]..<repeats.offsets[row + 1] {
                    let value = slope[Int(repeats.columns[entry])]
                    sums[0] += value
                    sums[1] += value * repeats.counts[entry]
                }
            }
        }
        sgemm(
            m: rows.count, n: dimension, k: count, alpha: scale, a: logits, strideA: count, b: items.pointer,
            strideB: dimension, c: userGradient.pointer + rows.lowerBound * dimension, strideC: dimension, threads: 1)
        sgemm(
            transposeA: true, m: count, n: dimension, k: rows.count, alpha: scale, a: logits, strideA: count, b: user,
            strideB: dimension, beta: 1, c: itemGradients[worker].pointer, strideC: dimension, threads: 1)
        martlet_column_sums(logits, rows.count, count, biasGradients[worker].pointer)
        return loss
    }

    /// Adds the workers' pieces in the workers' order.
    private func addUp(_ pieces: [Matrix], into sum: Matrix, from: Int, count: Int) {
        (sum.pointer + from).update(from: pieces[0].pointer + from, count: count)
        for piece in pieces.dropFirst() { martlet_axpy(1, piece.pointer + from, sum.pointer + from, count) }
    }
}
