import Core
import Features
import Tensor

/// Makes batches of training rows into what the towers and the loss take.
///
/// Rows are looked up in pieces, one a thread, and the pieces put together in order; what is random about the rows is
/// drawn for all of them beforehand, so a batch is the same however it was cut.
struct TwoTowerBatches: Sendable {
    /// One batch, or a piece of one.
    struct Batch: Sendable {
        var user: TowerInput
        var item: TowerInput
        /// The loss's: items, −log q if it is corrected for, and how much each row counts.
        var loss: InBatchSoftmax.Batch

        /// Puts the rows of another piece after these.
        mutating func append(_ next: Batch) {
            user.append(next.user)
            item.append(next.item)
            loss.items += next.loss.items
            loss.offsets += next.loss.offsets
            loss.weights += next.loss.weights
        }
    }

    let rows: TrainingRows
    let users: EntityInputs
    let items: EntityInputs
    private let bags: HistoryBags?
    private let correctsLogQ: Bool
    private let idDropout: Double
    private let userMayDrop: Bool
    private let itemMayDrop: Bool

    init(
        _ network: TwoTowerNetwork, _ settings: TwoTowerHyperparameters, rows: TrainingRows, users: EntityInputs,
        items: EntityInputs
    ) {
        self.rows = rows
        self.users = users
        self.items = items
        bags =
            network.userTower.history == nil
            ? nil
            : HistoryBags(
                length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
                unknown: items.unknown)
        correctsLogQ = settings.correctsLogQ
        idDropout = settings.idDropout
        // An id is dropped only where something else of the tower still says who it is.
        let (user, item) = (network.userTower, network.itemTower)
        userMayDrop = idDropout > 0 && (user.lookups.count > 1 || user.history != nil)
        itemMayDrop = idDropout > 0 && (item.lookups.count > 1 || item.continuousCount > 0)
    }

    /// Makes the batch of the training rows `entries`.
    func make(_ entries: ArraySlice<Int32>, seed: UInt64, threads: Int) -> Batch {
        var random = RandomSource(seed: seed)
        let userDrops = entries.map { _ in userMayDrop && random.uniform() < idDropout }
        let itemDrops = entries.map { _ in itemMayDrop && random.uniform() < idDropout }
        var pieces = [Batch?](repeating: nil, count: threads)
        pieces.withUnsafeMutableBufferPointer { pieces in
            nonisolated(unsafe) let pieces = pieces
            parallelFor(entries.count, grain: 64, threads: threads) { range, worker in
                let first = entries.startIndex + range.lowerBound
                pieces[worker] = piece(
                    entries[first..<first + range.count], userDrops: Array(userDrops[range]),
                    itemDrops: Array(itemDrops[range]))
            }
        }
        var batch = pieces[0]!
        for case .some(let piece) in pieces.dropFirst() { batch.append(piece) }
        return batch
    }

    /// The rows `entries`, the ids of some of them dropped.
    private func piece(_ entries: ArraySlice<Int32>, userDrops: [Bool], itemDrops: [Bool]) -> Batch {
        let histories = rows.histories
        var history: TowerInput.Bags?
        if let bags {
            var made = TowerInput.Bags()
            made.offsets.reserveCapacity(entries.count + 1)
            for entry in entries.lazy.map({ Int($0) }) {
                let begin = histories.offsets[Int(rows.users[entry])]
                let end = histories.begin(ofMomentAt: entry, since: begin)
                bags.append(begin..<end, of: histories, at: histories.times[entry], to: &made)
            }
            history = made
        }
        let context = (0..<rows.contextCount).map { feature in entries.map { rows.context(feature, Int($0)) } }
        let itemIndices = entries.map { histories.items[Int($0)] }
        let user = users.input(
            entries.map { rows.users[Int($0)] }, dropped: userDrops, context: context, history: history)
        let item = items.input(itemIndices, dropped: itemDrops)
        let offsets = itemIndices.map { correctsLogQ ? -rows.logShares[Int($0)] : 0 }
        let weights = entries.map { rows.weight(Int($0)) }
        return Batch(
            user: user, item: item,
            loss: InBatchSoftmax.Batch(items: itemIndices, offsets: offsets, weights: weights))
    }
}
