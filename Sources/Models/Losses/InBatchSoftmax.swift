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
/// as the row's own (accidental hits) are left out of the sum. r is not 0 where the user bought the item before.
/// `B × B` logits never lie in memory whole: blocks of rows go through product, softmax and both products of the way
/// back while they are in the cache.
///
/// Source: Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
package struct InBatchSoftmax: Sendable {
    /// 1 / τ.
    package let scale: Float
    /// Whether columns of the row's own item are left out.
    package let masksAccidentalHits: Bool
    /// How exactly the factors of the three products are held.
    package let precision: Precision
    private let dimension: Int
    private let packed: Matrix
    private let links: (table: Memory<Int32>, next: Memory<Int32>)
    private let weights: Memory<Float>
    private let scratch: [Matrix]
    private let itemGradients: [Matrix]
    private let biasGradients: [Matrix]
    private let repeatGradients: [Matrix]

    /// Takes memory for batches of up to `rows` rows of `dimension` numbers.
    package init(
        temperature: Float, masksAccidentalHits: Bool, precision: Precision = .float32, rows: Int, dimension: Int,
        threads: Int
    ) {
        scale = 1 / temperature
        self.masksAccidentalHits = masksAccidentalHits
        self.precision = precision
        self.dimension = dimension
        func memory(bytes: Int) -> Matrix { Matrix(rows: 1, columns: bytes / 4 + 1) }
        packed = memory(bytes: martlet_inbatch_packed_bytes(rows, dimension))
        links = (Memory(count: martlet_link_slots(rows)), Memory(count: rows))
        weights = Memory(count: rows)
        scratch = (0..<threads).map { _ in memory(bytes: martlet_inbatch_scratch_bytes(rows, dimension)) }
        let (height, width) = (martlet_inbatch_rows(rows), martlet_inbatch_stride(dimension))
        itemGradients = (0..<threads).map { _ in Matrix(rows: height, columns: width) }
        biasGradients = (0..<threads).map { _ in Matrix(rows: 1, columns: height) }
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
    ///   - biasGradient: receives ∂L/∂b, `B` numbers; nil where there is no bias.
    ///   - repeatGradient: receives ∂L/∂ρ, `1 × 2`.
    /// - Returns: L.
    /// - Complexity: O(B² · D)
    package func callAsFunction(
        _ batch: Batch, users: Matrix, items: Matrix, userGradient: Matrix, itemGradient: Matrix,
        biasGradient: Matrix? = nil, repeatGradient: Matrix? = nil, threads: Int
    ) -> Double {
        let count = batch.items.count
        let share = 1 / Float(count)
        for row in 0..<count { weights.pointer[row] = batch.weights[row] * share }
        if masksAccidentalHits { martlet_link_equal(batch.items, count, links.table.pointer, links.next.pointer) }
        var losses = [Double](repeating: 0, count: scratch.count)
        // A worker without rows leaves nothing behind.
        var taken = [Bool](repeating: false, count: scratch.count)
        batch.withPointers { offsets, repeats in
            var job = martlet_inbatch(
                batch: count, dimensions: dimension, users: users.pointer, items: items.pointer, offsets: offsets,
                weights: weights.pointer, scale: scale, next: masksAccidentalHits ? links.next.pointer : nil,
                repeat_offsets: repeats?.offsets, repeat_columns: repeats?.columns, repeat_counts: repeats?.counts,
                repeat_always: batch.repeats?.coefficients.0 ?? 0, repeat_often: batch.repeats?.coefficients.1 ?? 0,
                precision: precision.kernel, packed: packed.pointer, user_gradient: userGradient.pointer)
            let groups = (count + martlet_inbatch_columns() - 1) / martlet_inbatch_columns()
            losses.withUnsafeMutableBufferPointer { losses in
                taken.withUnsafeMutableBufferPointer { taken in
                    withUnsafePointer(to: &job) { job in
                        nonisolated(unsafe) let (job, losses, taken) = (job, losses, taken)
                        parallelFor(groups, threads: threads) { range, _ in
                            martlet_inbatch_pack(job, range.lowerBound, range.upperBound)
                        }
                        parallelFor(count, grain: 24, threads: threads) { rows, worker in
                            guard !rows.isEmpty else { return }
                            taken[worker] = true
                            losses[worker] = martlet_inbatch_block(
                                job, rows.lowerBound, rows.upperBound, scratch[worker].pointer,
                                itemGradients[worker].pointer,
                                biasGradient == nil ? nil : biasGradients[worker].pointer,
                                repeatGradient == nil ? nil : repeatGradients[worker].pointer)
                        }
                    }
                }
            }
        }
        let workers = taken.indices.filter { taken[$0] }
        parallelFor(count, grain: 64, threads: threads) { rows, _ in
            addUp(workers.map { itemGradients[$0] }, rows, into: itemGradient)
        }
        if let biasGradient { addUp(workers.map { biasGradients[$0] }, into: biasGradient, count: count) }
        if let repeatGradient { addUp(workers.map { repeatGradients[$0] }, into: repeatGradient, count: 2) }
        return losses.reduce(0, +)
    }

    /// Adds rows of the workers' item gradients in the workers' order.
    private func addUp(_ pieces: [Matrix], _ rows: Range<Int>, into sum: Matrix) {
        for row in rows {
            let to = sum.pointer + row * dimension
            to.update(from: pieces[0].pointer + row * pieces[0].columns, count: dimension)
            for piece in pieces.dropFirst() { martlet_axpy(1, piece.pointer + row * piece.columns, to, dimension) }
        }
    }

    /// Adds the workers' pieces in the workers' order.
    private func addUp(_ pieces: [Matrix], into sum: Matrix, count: Int) {
        sum.pointer.update(from: pieces[0].pointer, count: count)
        for piece in pieces.dropFirst() { martlet_axpy(1, piece.pointer, sum.pointer, count) }
    }
}

extension InBatchSoftmax.Batch {
    fileprivate struct Repeats {
        var offsets: UnsafePointer<Int64>?
        var columns: UnsafePointer<Int32>?
        var counts: UnsafePointer<Float>?
    }

    /// Calls `body` with where offsets and repeats lie.
    fileprivate func withPointers(_ body: (_ offsets: UnsafePointer<Float>, Repeats?) -> Void) {
        offsets.withUnsafeBufferPointer { offsets in
            guard let repeats else { return body(offsets.baseAddress!, nil) }
            repeats.offsets.withUnsafeBufferPointer { places in
                repeats.columns.withUnsafeBufferPointer { columns in
                    repeats.counts.withUnsafeBufferPointer { counts in
                        body(
                            offsets.baseAddress!,
                            Repeats(
                                offsets: places.baseAddress, columns: columns.baseAddress, counts: counts.baseAddress))
                    }
                }
            }
        }
    }
}
