import CKernels
import Core
import Features
import Tensor

/// Makes the steps of a training: batch in, loss out, parameters changed.
///
/// The rows of a batch are cut into one piece a thread, the same pieces every time; what threads add up for themselves
/// is added in the order of the threads. So runs repeat exactly for a seed and a number of threads.
struct TwoTowerTrainer: Sendable {
    let network: TwoTowerNetwork
    let settings: TwoTowerHyperparameters
    let rows: TrainingRows
    let users: EntityInputs
    let items: EntityInputs
    private let bags: HistoryBags
    private let threads: Int
    private let seed: UInt64
    private let loss: InBatchSoftmax
    private let userSpace: TowerWorkspace
    private let itemSpace: TowerWorkspace
    private let biasGradient: Matrix
    private let repeatGradient = Matrix(rows: 1, columns: 2)
    private let gradients: [DenseGradients]
    /// The optimiser, with what it remembers.
    var optimizer: Optimizer

    init(
        _ network: TwoTowerNetwork, _ settings: TwoTowerHyperparameters, rows: TrainingRows, users: EntityInputs,
        items: EntityInputs, seed: UInt64, threads: Int
    ) {
        self.network = network
        self.settings = settings
        self.rows = rows
        self.users = users
        self.items = items
        self.seed = seed
        self.threads = threads
        bags = HistoryBags(
            length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
            unknown: items.unknown)
        let batch = max(1, min(settings.batchSize, rows.histories.count))
        loss = InBatchSoftmax(
            temperature: Float(settings.temperature), masksAccidentalHits: settings.masksAccidentalHits, rows: batch,
            dimension: network.userTower.outputWidth, threads: threads)
        userSpace = TowerWorkspace(network.userTower, rows: batch)
        itemSpace = TowerWorkspace(network.itemTower, rows: batch)
        biasGradient = Matrix(rows: batch, columns: 1)
        gradients = (0..<threads).map { _ in DenseGradients(network.parameters) }
        optimizer = Optimizer(settings.optimizer, network.parameters, threads: threads)
    }

    /// One step on the rows `batch`.
    ///
    /// - Returns: the mean loss of the batch; nothing is changed if it is not finite.
    mutating func step(_ batch: ArraySlice<Int32>, seed stepSeed: UInt64) -> Double {
        let inputs = inputs(batch, seed: stepSeed)
        let (userDrop, itemDrop) = dropouts(stepSeed)
        let (network, userSpace, itemSpace, gradients) = (network, userSpace, itemSpace, gradients)
        parallelFor(batch.count, grain: 16, threads: threads) { rows, _ in
            network.userTower.forward(network.parameters, inputs.user, userSpace, rows: rows, dropout: userDrop)
            network.itemTower.forward(network.parameters, inputs.item, itemSpace, rows: rows, dropout: itemDrop)
        }
        let value = loss(
            inputs.loss, users: userSpace.output, items: itemSpace.output, userGradient: userSpace.outputGradient,
            itemGradient: itemSpace.outputGradient, biasGradient: biasGradient, repeatGradient: repeatGradient,
            threads: threads)
        guard value.isFinite else { return value }
        for gradient in gradients { gradient.clear() }
        if let place = network.repeats {
            _ = gradients[0][place].values.update(fromContentsOf: UnsafeBufferPointer(repeatGradient.values))
        }
        parallelFor(batch.count, grain: 16, threads: threads) { rows, worker in
            network.userTower.backward(
                network.parameters, inputs.user, userSpace, gradients: gradients[worker], rows: rows, dropout: userDrop)
            network.itemTower.backward(
                network.parameters, inputs.item, itemSpace, gradients: gradients[worker], rows: rows, dropout: itemDrop)
        }
        var uses =
            network.userTower.uses(inputs.user, userSpace) + network.itemTower.uses(inputs.item, itemSpace)
        if let table = network.itemBias {
            uses.append(
                TableUse(
                    table: table, offsets: nil, ids: inputs.item.codes[0], weights: nil, gradient: biasGradient,
                    column: 0, width: 1))
        }
        optimizer.update(
            network.parameters, dense: gradients, uses: uses, rate: Float(settings.learningRate),
            decay: Float(settings.l2))
        return value
    }

    private func dropouts(_ seed: UInt64) -> ((share: Float, seed: UInt64)?, (share: Float, seed: UInt64)?) {
        guard settings.dropout > 0 else { return (nil, nil) }
        return ((Float(settings.dropout), seed ^ 0x5555), (Float(settings.dropout), seed ^ 0xAAAA_AAAA))
    }

    private func inputs(
        _ batch: ArraySlice<Int32>, seed: UInt64
    ) -> (user: TowerInput, item: TowerInput, loss: InBatchSoftmax.Batch) {
        var random = RandomSource(seed: seed)
        let histories = rows.histories
        // An id is dropped only where something else of the tower still says who it is.
        let share = settings.idDropout
        let userMayDrop = share > 0 && (network.userTower.lookups.count > 1 || network.userTower.history != nil)
        let itemMayDrop = share > 0 && (network.itemTower.lookups.count > 1 || network.itemTower.continuousCount > 0)
        let userDrops = batch.map { _ in userMayDrop && random.uniform() < share }
        let itemDrops = batch.map { _ in itemMayDrop && random.uniform() < share }
        var history: TowerInput.Bags?
        if network.userTower.history != nil {
            var made = TowerInput.Bags()
            made.offsets.reserveCapacity(batch.count + 1)
            for entry in batch.lazy.map({ Int($0) }) {
                let begin = histories.offsets[Int(rows.users[entry])]
                let end = histories.begin(ofMomentAt: entry, since: begin)
                bags.append(begin..<end, of: histories, at: histories.times[entry], to: &made)
            }
            history = made
        }
        let context = (0..<rows.contextCount).map { feature in batch.map { rows.context(feature, Int($0)) } }
        let itemIndices = batch.map { histories.items[Int($0)] }
        let user = users.input(
            batch.map { rows.users[Int($0)] }, isDropped: { userDrops[$0] }, context: context, history: history)
        let item = items.input(itemIndices, isDropped: { itemDrops[$0] })
        let biases = network.itemBias.map { network.parameters[$0].values }
        let offsets = itemIndices.indices.map { row in
            (biases.map { $0[Int(item.codes[0][row])] } ?? 0)
                - (settings.correctsLogQ ? rows.logShares[Int(itemIndices[row])] : 0)
        }
        let weights = batch.map { rows.weight(Int($0)) }
        var repeats: BatchRepeats?
        if let place = network.repeats, let bags = user.history {
            let learned = network.parameters[place]
            repeats = BatchRepeats(
                itemIndices, bags, unknown: items.unknown, coefficients: (learned[0, 0], learned[0, 1]))
        }
        return (
            user, item, InBatchSoftmax.Batch(items: itemIndices, offsets: offsets, weights: weights, repeats: repeats)
        )
    }
}
