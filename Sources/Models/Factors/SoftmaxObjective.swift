import CKernels
import Core
import Tensor

/// The softmax loss of a batch of users on the vectors of users and items, wherever these come from.
struct SoftmaxObjective: Sendable {
    private let settings: SoftmaxSettings
    private let pairs: InteractionPairs
    private let threads: Int
    private let loss: UserSoftmax
    private var sampler: ColumnSampler
    /// How much each user counts, 1 on average over the users that have pairs.
    private let weights: [Float]
    private let batchUsers: Matrix
    private let directions: Matrix
    private let itemInverse: Matrix
    private let inverse: Matrix
    private let columns: Matrix
    /// ∂L/∂u of the batch, `B × D`.
    let userGradient: Matrix

    init(_ settings: SoftmaxSettings, _ pairs: InteractionPairs, dimension: Int, batchSize: Int, threads: Int) {
        self.settings = settings
        self.pairs = pairs
        self.threads = threads
        sampler = ColumnSampler(
            settings.negatives, pairs, count: settings.negativeCount, exponent: settings.negativeExponent,
            queueSize: settings.queueSize)
        loss = UserSoftmax(
            temperature: settings.temperature, positiveTemperature: settings.positiveTemperature,
            normalizerPower: settings.normalizerPower, items: pairs.itemCount,
            columns: settings.negatives == .all ? nil : sampler.largest, dimension: dimension,
            precision: settings.precision, threads: threads)
        let powers = (0..<pairs.userCount).map { user in
            pairs.range(user).isEmpty ? 0 : power(Double(pairs.range(user).count), settings.userExponent)
        }
        let active = powers.count { $0 > 0 }
        let mean = powers.reduce(0, +) / Double(max(active, 1))
        weights = powers.map { Float($0 / mean) }
        batchUsers = Matrix(rows: batchSize, columns: dimension)
        userGradient = Matrix(rows: batchSize, columns: dimension)
        inverse = Matrix(rows: batchSize, columns: 1)
        directions = Matrix(rows: settings.isCosine ? pairs.itemCount : 0, columns: dimension)
        itemInverse = Matrix(rows: settings.isCosine ? pairs.itemCount : 0, columns: 1)
        columns = Matrix(rows: settings.negatives == .all ? 0 : sampler.largest, columns: dimension)
    }

    /// Begins an epoch: what negatives remember of earlier batches is forgotten.
    mutating func beginEpoch() { sampler.beginEpoch() }

    /// The mean loss of a batch's users.
    ///
    /// - Parameters:
    ///   - batch: the users, each with pairs; at most the batch size.
    ///   - users: `U × D`.
    ///   - items: `N × D`.
    ///   - itemGradient: receives ∂L/∂v, `N × D`; the users' is in ``userGradient``.
    /// - Complexity: O(B · C · D + N · D), C the number of items drawn
    mutating func callAsFunction(
        _ batch: [Int32], users: Matrix, items: Matrix, itemGradient: Matrix, random: inout RandomSource
    ) -> Double {
        let width = items.columns
        let draw = sampler.draw(for: batch, random: &random)
        let (batchUsers, inverse, directions, itemInverse) = (batchUsers, inverse, directions, itemInverse)
        martlet_gather(users.pointer, width, batch, batch.count, 0, batchUsers.pointer, width)
        if settings.isCosine {
            martlet_normalize(batchUsers.pointer, batch.count, width, inverse.pointer)
            parallelFor(items.rows, grain: 256, threads: threads) { rows, _ in
                let from = rows.lowerBound * width
                (directions.pointer + from).update(from: items.pointer + from, count: rows.count * width)
                martlet_normalize(directions.pointer + from, rows.count, width, itemInverse.pointer + rows.lowerBound)
            }
        }
        let vectors = settings.isCosine ? directions : items
        let isWhole = settings.negatives == .all
        if !isWhole {
            martlet_gather(vectors.pointer, width, draw.items, draw.items.count, 0, columns.pointer, width)
        }
        let value = loss(
            described(batch, draw), users: batchUsers, columns: isWhole ? vectors : columns, items: vectors,
            userGradient: userGradient, itemGradient: itemGradient)
        if settings.isCosine {
            martlet_normalize_backward(userGradient.pointer, batchUsers.pointer, inverse.pointer, batch.count, width)
            parallelFor(items.rows, grain: 256, threads: threads) { rows, _ in
                let from = rows.lowerBound * width
                martlet_normalize_backward(
                    itemGradient.pointer + from, directions.pointer + from, itemInverse.pointer + rows.lowerBound,
                    rows.count, width)
            }
        }
        return value
    }

    /// Vectors whose inner products rank as the loss does.
    func ranking(users: Matrix, items: Matrix) -> (users: Matrix, items: Matrix) {
        guard settings.isCosine else { return (users, items) }
        let (users, items) = (users.copy(), items.copy())
        for matrix in [users, items] {
            let inverse = Matrix(rows: matrix.rows, columns: 1)
            martlet_normalize(matrix.pointer, matrix.rows, matrix.columns, inverse.pointer)
        }
        return (users, items)
    }

    private func described(_ batch: [Int32], _ draw: ColumnSampler.Draw) -> UserSoftmax.Batch {
        var offsets = [0]
        var (positives, shares): ([Int32], [Float]) = ([], [])
        for user in batch {
            let range = pairs.range(Int(user))
            positives += pairs.items[range]
            if let weights = pairs.weights {
                let sum = max(weights[range].reduce(0, +), .leastNormalMagnitude)
                shares += weights[range].map { $0 / sum }
            } else {
                shares += repeatElement(1 / Float(range.count), count: range.count)
            }
            offsets.append(positives.count)
        }
        let rowWeights = batch.map { weights[Int($0)] / Float(batch.count) }
        return UserSoftmax.Batch(
            columns: draw.items, offsets: draw.offsets, positiveOffsets: offsets, positives: positives, shares: shares,
            weights: rowWeights, masked: settings.masksPositives ? masked(offsets, positives, draw) : nil)
    }

    /// The columns that are positives of their row.
    private func masked(_ offsets: [Int], _ positives: [Int32], _ draw: ColumnSampler.Draw) -> SparseRows {
        guard settings.negatives != .all else {
            return SparseRows(columns: pairs.itemCount, offsets: offsets, indices: positives)
        }
        var place = [Int32](repeating: -1, count: pairs.itemCount)
        for (column, item) in draw.items.enumerated() { place[Int(item)] = Int32(column) }
        var (starts, columns): ([Int], [Int32]) = ([0], [])
        for row in 0..<offsets.count - 1 {
            for entry in offsets[row]..<offsets[row + 1] where place[Int(positives[entry])] >= 0 {
                columns.append(place[Int(positives[entry])])
            }
            starts.append(columns.count)
        }
        return SparseRows(columns: max(draw.items.count, 1), offsets: starts, indices: columns)
    }
}
