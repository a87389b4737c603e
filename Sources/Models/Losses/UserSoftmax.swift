import CKernels
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Softmax over items, a user a row: all that a user had shares one row of logits.
///
/// z(r, j) = ⟨u_r, v_j⟩ / τ + o_j
///
/// L = Σ_r w_r · (κ · log Σ_j exp z(r, j) − P_r), P_r = Σ_i a_i · ⟨u_r, v_i⟩ / τ over the row's positives i
///
/// κ is 1 for the plain softmax. The two temperatures of the bilateral loss, one of the positives and one of the
/// negatives, come down to it where a user's positives count one by one: more than 1 pushes what users did not have
/// further away than what they had draws it near.
///
/// The columns j are all items, or items drawn, o_j being what each stands for. With a temperature τ⁺ of the positives
/// this is the bilateral softmax loss, P_r = (τ⁺ / τ) · log Σ_i a_i · exp(⟨u_r, v_i⟩ / τ⁺), in which positives that fit
/// badly count less.
///
/// An interaction at a time, the exact softmax over N items would cost a row of N logits for each; a row for each user
/// gives the same sum. `B × N` logits never lie in memory: tiles that stay in the cache are made twice, once for the
/// sums, once for the gradients.
///
/// Source: Wu et al., "BSL: Understanding and Improving Softmax Loss for Recommendation" (2024); the sum over a user's
/// items is the multinomial likelihood of Liang et al., "Variational Autoencoders for Collaborative Filtering" (2018).
package struct UserSoftmax: Sendable {
    /// The offset of a column that counts nothing.
    package static let leftOut: Float = -1e30

    /// 1 / τ.
    package let scale: Float
    /// 1 / τ⁺; nil: positives count by their shares.
    package let positiveScale: Float?
    /// κ.
    package let normalizerPower: Float
    /// How exactly the factors of the products are held.
    package let precision: Precision
    private let dimension: Int
    private let threads: Int
    private let tiles: [Matrix]
    private let itemPieces: [Matrix]
    private let columnPieces: [Matrix]

    /// Rows and columns of a tile: its logits stay in the second-level cache.
    private static let tileRows = 256
    private static let tileColumns = 512

    /// Takes memory.
    ///
    /// - Parameters:
    ///   - normalizerPower: κ, the power that the sum over columns is raised to.
    ///   - columns: the most columns of a batch; nil: the columns are always all `items`.
    package init(
        temperature: Double, positiveTemperature: Double?, normalizerPower: Double = 1, items: Int, columns: Int?,
        dimension: Int, precision: Precision = .float32, threads: Int
    ) {
        self.precision = precision
        scale = Float(1 / temperature)
        positiveScale = positiveTemperature.map { Float(1 / $0) }
        self.normalizerPower = Float(normalizerPower)
        self.dimension = dimension
        self.threads = threads
        tiles = (0..<threads).map { _ in Matrix(rows: Self.tileRows, columns: Self.tileColumns) }
        let pieces = (0..<threads).map { _ in Matrix(rows: items, columns: dimension) }
        itemPieces = pieces
        columnPieces =
            columns.map { count in (0..<threads).map { _ in Matrix(rows: count, columns: dimension) } } ?? pieces
    }

    /// One batch: what goes in.
    package struct Batch: Sendable {
        /// The items of the columns, rising; all items in their order if the columns are all items.
        package var columns: [Int32]
        /// o, a number a column.
        package var offsets: [Float]
        /// Where each row's positives begin; `B + 1` numbers.
        package var positiveOffsets: [Int]
        /// The positives.
        package var positives: [Int32]
        /// a: how much each counts among the positives of its row; they add up to 1 in a row.
        package var shares: [Float]
        /// w: how much each row counts.
        package var weights: [Float]
        /// The columns that each row leaves out, rising, `B` rows; nil: none.
        package var masked: SparseRows?

        package init(
            columns: [Int32], offsets: [Float], positiveOffsets: [Int], positives: [Int32], shares: [Float],
            weights: [Float], masked: SparseRows? = nil
        ) {
            self.columns = columns
            self.offsets = offsets
            self.positiveOffsets = positiveOffsets
            self.positives = positives
            self.shares = shares
            self.weights = weights
            self.masked = masked
        }

        /// B.
        package var count: Int { weights.count }
    }

    /// The loss of a batch and its gradients.
    ///
    /// - Parameters:
    ///   - users: u, `B × D` (rows past `B` are not looked at).
    ///   - columns: the vectors of the columns, `C × D`; the same as `items` if the columns are all items.
    ///   - items: v, `N × D`.
    ///   - userGradient: receives ∂L/∂u.
    ///   - itemGradient: receives ∂L/∂v, `N × D`.
    /// - Returns: L.
    /// - Complexity: O(B · C · D)
    package func callAsFunction(
        _ batch: Batch, users: Matrix, columns: Matrix, items: Matrix, userGradient: Matrix, itemGradient: Matrix
    ) -> Double {
        let isWhole = columnPieces[0].pointer == itemPieces[0].pointer
        precondition(!isWhole || batch.columns.count == items.rows, "the columns are all items")
        var losses = [Double](repeating: 0, count: threads)
        parallelFor(threads, grain: 1, threads: threads) { workers, _ in
            for worker in workers {
                itemPieces[worker].values.update(repeating: 0)
                if !isWhole { columnPieces[worker].values.update(repeating: 0) }
            }
        }
        losses.withUnsafeMutableBufferPointer { losses in
            nonisolated(unsafe) let losses = losses
            parallelFor(batch.count, grain: 16, threads: threads) { range, worker in
                for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.tileRows) {
                    let rows = first..<min(first + Self.tileRows, range.upperBound)
                    losses[worker] += block(
                        rows, of: batch, users: users, columns: columns, items: items, userGradient, worker)
                }
            }
        }
        let width = dimension
        parallelFor(items.rows, grain: 64, threads: threads) { rows, _ in
            let (from, count) = (rows.lowerBound * width, rows.count * width)
            (itemGradient.pointer + from).update(from: itemPieces[0].pointer + from, count: count)
            for piece in itemPieces.dropFirst() {
                martlet_axpy(1, piece.pointer + from, itemGradient.pointer + from, count)
            }
        }
        if !isWhole {
            // Columns are different items: no two threads meet.
            parallelFor(batch.columns.count, grain: 64, threads: threads) { places, _ in
                for place in places {
                    let to = itemGradient.pointer + Int(batch.columns[place]) * width
                    for piece in columnPieces { martlet_axpy(1, piece.pointer + place * width, to, width) }
                }
            }
        }
        return losses.reduce(0, +)
    }

    // MARK: - A block of rows

    private func block(
        _ rows: Range<Int>, of batch: Batch, users: Matrix, columns: Matrix, items: Matrix, _ userGradient: Matrix,
        _ worker: Int
    ) -> Double {
        var largest = [Float](repeating: -1e30, count: rows.count)
        var sums = [Float](repeating: 0, count: rows.count)
        for first in stride(from: 0, to: batch.columns.count, by: Self.tileColumns) {
            let tile = first..<min(first + Self.tileColumns, batch.columns.count)
            logits(rows, tile, of: batch, users, columns, worker)
            batch.offsets.withUnsafeBufferPointer {
                martlet_softmax_sums(
                    tiles[worker].pointer, rows.count, tile.count, scale, $0.baseAddress! + first, &largest, &sums)
            }
        }
        // A user who has all items leaves nothing to be better than: such a row counts nothing. (NaN goes on.)
        let weights = rows.enumerated().map { sums[$0] == 0 ? 0 : batch.weights[$1] }
        let logSums = zip(largest, sums).map { $1 == 0 ? 0 : $0 + log($1) }
        (userGradient.pointer + rows.lowerBound * dimension).update(repeating: 0, count: rows.count * dimension)
        var loss = 0.0
        for (place, row) in rows.enumerated() {
            guard weights[place] != 0 else { continue }
            let positive = positives(row, of: batch, users, items, userGradient, worker)
            loss += Double(weights[place]) * (Double(normalizerPower * logSums[place]) - positive)
        }
        let slopes = weights.map { $0 * scale * normalizerPower }
        for first in stride(from: 0, to: batch.columns.count, by: Self.tileColumns) {
            let tile = first..<min(first + Self.tileColumns, batch.columns.count)
            logits(rows, tile, of: batch, users, columns, worker)
            batch.offsets.withUnsafeBufferPointer {
                martlet_softmax_shares(
                    tiles[worker].pointer, rows.count, tile.count, scale, $0.baseAddress! + first, logSums, slopes)
            }
            multiply(
                m: rows.count, n: dimension, k: tile.count, a: tiles[worker].pointer, strideA: tile.count,
                b: columns.pointer + first * dimension, strideB: dimension,
                c: userGradient.pointer + rows.lowerBound * dimension, strideC: dimension, adds: true,
                precision: precision)
            multiply(
                transposeA: true, m: tile.count, n: dimension, k: rows.count, a: tiles[worker].pointer,
                strideA: tile.count, b: users.pointer + rows.lowerBound * dimension, strideB: dimension,
                c: columnPieces[worker].pointer + first * dimension, strideC: dimension, adds: true,
                precision: precision)
        }
        return loss
    }

    /// ⟨u, v⟩ of a tile; what a row leaves out is far below everything.
    private func logits(
        _ rows: Range<Int>, _ tile: Range<Int>, of batch: Batch, _ users: Matrix, _ columns: Matrix, _ worker: Int
    ) {
        let logits = tiles[worker].pointer
        multiply(
            transposeB: true, m: rows.count, n: tile.count, k: dimension,
            a: users.pointer + rows.lowerBound * dimension, strideA: dimension,
            b: columns.pointer + tile.lowerBound * dimension, strideB: dimension, c: logits, strideC: tile.count,
            precision: precision)
        guard let masked = batch.masked else { return }
        masked.indices.withUnsafeBufferPointer { indices in
            for (place, row) in rows.enumerated() {
                var (low, high) = (masked.offsets[row], masked.offsets[row + 1])
                let end = high
                while low < high {
                    let middle = (low + high) / 2
                    if Int(indices[middle]) < tile.lowerBound { low = middle + 1 } else { high = middle }
                }
                while low < end, Int(indices[low]) < tile.upperBound {
                    logits[place * tile.count + Int(indices[low]) - tile.lowerBound] = -1e34
                    low += 1
                }
            }
        }
    }

    /// P of a row, and its part of the gradients.
    private func positives(
        _ row: Int, of batch: Batch, _ users: Matrix, _ items: Matrix, _ userGradient: Matrix, _ worker: Int
    ) -> Double {
        let user = users.pointer + row * dimension
        let range = batch.positiveOffsets[row]..<batch.positiveOffsets[row + 1]
        guard !range.isEmpty else { return 0 }
        let products = range.map { martlet_dot(user, items.pointer + Int(batch.positives[$0]) * dimension, dimension) }
        var shares = Array(batch.shares[range])
        var value = 0.0
        if let positiveScale {
            let most = products.max()!
            for place in shares.indices { shares[place] *= exp(positiveScale * (products[place] - most)) }
            let sum = shares.reduce(0, +)
            for place in shares.indices { shares[place] /= sum }
            value = Double(scale / positiveScale) * (Double(positiveScale * most) + log(Double(sum)))
        } else {
            for place in shares.indices { value += Double(scale * shares[place] * products[place]) }
        }
        let slope = -batch.weights[row] * scale
        for (place, entry) in range.enumerated() {
            let item = Int(batch.positives[entry]) * dimension
            martlet_axpy(
                slope * shares[place], items.pointer + item, userGradient.pointer + row * dimension, dimension)
            martlet_axpy(slope * shares[place], user, itemPieces[worker].pointer + item, dimension)
        }
        return value
    }
}
