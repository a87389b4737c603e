import Core
import Features
import Tensor

/// Makes the steps of a ranking model's training: interactions in, negatives drawn beside them, loss out, parameters
/// changed.
///
/// L = Σ_rows weight · log(1 + e^(−s·z)) / rows, s = 1 for interactions and −1 for negatives
///
/// Each worker takes some groups of the batch (the same ones every time) and runs them in blocks that stay in its
/// cache; negatives depend on the group's number, not on the worker. So runs repeat exactly for a seed and a number of
/// threads.
struct RankingTrainer<Network: RankingNetwork>: Sendable {
    let network: Network
    let parameters: Parameters
    let settings: RankingHyperparameters
    let rows: TrainingRows
    let inputs: RankingInputs
    let sampler: NegativeSampler
    let labels: TargetLabels
    private let threads: Int
    private let pieces: [RankingPiece]
    private let gradients: [DenseGradients]
    private let blockGroups: Int
    /// The optimiser, with what it remembers.
    var optimizer: Optimizer

    /// How many rows a block has: activations of some hundred rows stay near the core, and products pack their weights
    /// once for all of them.
    private static var blockRows: Int { 512 }

    init(
        _ network: Network, _ parameters: Parameters, _ settings: RankingHyperparameters, rows: TrainingRows,
        inputs: RankingInputs, labels: TargetLabels, threads: Int
    ) {
        self.network = network
        self.parameters = parameters
        self.settings = settings
        self.rows = rows
        self.inputs = inputs
        self.labels = labels
        self.threads = threads
        sampler = NegativeSampler(rows.histories, items: Int(inputs.items.unknown), power: settings.negativePower)
        let groups = min(Self.groups(settings), rows.histories.count)
        let blockGroups = max(1, min(groups, Self.blockRows / (1 + settings.negatives)))
        self.blockGroups = blockGroups
        let share = (groups + threads - 1) / threads
        pieces = (0..<threads).map { _ in
            RankingPiece(
                network, groups: share + blockGroups, negatives: settings.negatives, targets: labels.names.count,
                blockGroups: blockGroups)
        }
        gradients = (0..<threads).map { _ in DenseGradients(parameters) }
        optimizer = Optimizer(settings.optimizer, parameters, threads: threads)
    }

    /// How many interactions make a step.
    static func groups(_ settings: RankingHyperparameters) -> Int {
        max(1, settings.batchSize / (1 + settings.negatives))
    }

    /// One step on the interactions `batch`.
    ///
    /// - Parameters:
    ///   - seed: of this step's negatives and masks.
    ///   - rate: the learning rate.
    /// - Returns: the loss; nothing is changed if it is not finite.
    mutating func step(_ batch: ArraySlice<Int32>, seed: UInt64, rate: Double) -> Double {
        let entries = Array(batch)
        let rowsPerGroup = 1 + settings.negatives
        let share = 1 / Float(entries.count * rowsPerGroup)
        for (piece, gradient) in zip(pieces, gradients) {
            piece.groups = 0
            piece.loss = 0
            gradient.clear()
        }
        let trainer = self
        parallelFor(entries.count, grain: min(16, blockGroups), threads: threads) { range, worker in
            let piece = trainer.pieces[worker]
            trainer.fill(piece, entries, range, seed: seed, share: share)
            let dropout = trainer.settings.dropout > 0 ? (share: Float(trainer.settings.dropout), seed: seed) : nil
            for first in stride(from: 0, to: range.count, by: trainer.blockGroups) {
                let groups = first..<min(first + trainer.blockGroups, range.count)
                piece.run(
                    trainer.network, trainer.parameters, gradients: trainer.gradients[worker], range: groups,
                    rowsPerGroup: rowsPerGroup, firstRow: (range.lowerBound + first) * rowsPerGroup, dropout: dropout
                ) { row, x in trainer.writePair(piece, row: row, group: row / rowsPerGroup, to: x) }
            }
        }
        let loss = pieces.reduce(0) { $0 + $1.loss }
        guard loss.isFinite else { return loss }
        let layout = network.layout
        let uses = pieces.flatMap { $0.groups > 0 ? $0.uses(layout, rowsPerGroup: rowsPerGroup) : [] }
        optimizer.update(
            parameters, dense: gradients, uses: uses, rate: Float(rate), decay: Float(settings.l2))
        return loss
    }

    /// Encodes the rows of the groups `range` of a batch.
    private func fill(
        _ piece: RankingPiece, _ entries: [Int32], _ range: Range<Int>, seed: UInt64, share: Float
    ) {
        let (histories, rowsPerGroup, targets) = (rows.histories, 1 + settings.negatives, labels.names.count)
        piece.groups = range.count
        var bags = TowerInput.Bags()
        let (labelOf, weightOf) = (piece.labels.pointer, piece.weights.pointer)
        for group in 0..<range.count {
            let entry = Int(entries[range.lowerBound + group])
            let user = rows.users[entry]
            var random = RandomSource(seed: seed, stream: UInt64(range.lowerBound + group))
            let begin = histories.offsets[Int(user)]
            let moment = histories.begin(ofMomentAt: entry, since: begin)
            if inputs.fields.history != nil {
                inputs.bags.append(begin..<moment, of: histories, at: histories.times[entry], to: &bags)
            }
            inputs.encode(
                user: user, isDropped: random.uniform() < settings.idDropout, to: piece.users, at: group
            ) { rows.context($0, entry) }
            let reached = labels.reached(entry)
            let groupWeight = reached > 0 ? rows.weight(entry) * share : 0
            for place in 0..<rowsPerGroup {
                let row = group * rowsPerGroup + place
                var (item, weight) = (histories.items[entry], groupWeight)
                if place > 0 {
                    if let drawn = sampler.draw(for: user, since: moment, from: &random) {
                        item = drawn
                    } else {
                        weight = 0
                    }
                }
                piece.rowItems[row] = item
                inputs.encode(
                    item: item, isDropped: random.uniform() < settings.idDropout, to: piece.items, at: row)
                inputs.encodeCrosses(piece.users, group, piece.items, row, to: piece.crosses)
                for target in 0..<targets {
                    labelOf[row * targets + target] = place == 0 && target < reached ? 1 : 0
                    weightOf[row * targets + target] = weight
                }
            }
        }
        piece.bags = bags
    }

    /// Writes the two numbers of a row's user and item.
    private func writePair(_ piece: RankingPiece, row: Int, group: Int, to x: UnsafeMutablePointer<Float>) {
        let item = piece.rowItems[row]
        let count = item < inputs.items.unknown ? piece.bags.count(of: item, row: group) : 0
        (x[0], x[1]) = PairNumbers.numbers(count: count)
    }
}

extension TowerInput.Bags {
    /// How often an item stands in a row's bag, faded.
    func count(of item: Int32, row: Int) -> Float {
        var sum: Float = 0
        ids.withUnsafeBufferPointer { ids in
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) where ids[entry] == item { sum += weights[entry] }
        }
        return sum * totals[row]
    }
}
