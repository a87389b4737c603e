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
    var rows: TrainingRows { batches.rows }
    var users: EntityInputs { batches.users }
    var items: EntityInputs { batches.items }
    private let batches: TwoTowerBatches
    private let userTower: Tower
    private let itemTower: Tower
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
        self.seed = seed
        self.threads = threads
        batches = TwoTowerBatches(network, settings, rows: rows, users: users, items: items)
        userTower = network.userTower.computing(in: settings.precision)
        itemTower = network.itemTower.computing(in: settings.precision)
        let batch = max(1, min(settings.batchSize, rows.histories.count))
        loss = InBatchSoftmax(
            temperature: Float(settings.temperature), masksAccidentalHits: settings.masksAccidentalHits,
            precision: settings.precision, rows: batch, dimension: network.userTower.outputWidth, threads: threads)
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
        let inputs = batches.make(batch, seed: stepSeed, threads: threads)
        let (userDrop, itemDrop) = dropouts(stepSeed)
        let (parameters, userTower, itemTower) = (network.parameters, userTower, itemTower)
        let (userSpace, itemSpace, gradients) = (userSpace, itemSpace, gradients)
        parallelFor(batch.count, grain: 16, threads: threads) { rows, _ in
            userTower.forward(parameters, inputs.user, userSpace, rows: rows, dropout: userDrop)
            itemTower.forward(parameters, inputs.item, itemSpace, rows: rows, dropout: itemDrop)
        }
        let value = loss(
            lossInput(inputs), users: userSpace.output, items: itemSpace.output, userGradient: userSpace.outputGradient,
            itemGradient: itemSpace.outputGradient, biasGradient: network.itemBias == nil ? nil : biasGradient,
            repeatGradient: network.repeats == nil ? nil : repeatGradient, threads: threads)
        guard value.isFinite else { return value }
        for gradient in gradients { gradient.clear() }
        if let place = network.repeats {
            _ = gradients[0][place].values.update(fromContentsOf: UnsafeBufferPointer(repeatGradient.values))
        }
        parallelFor(batch.count, grain: 16, threads: threads) { rows, worker in
            userTower.backward(
                parameters, inputs.user, userSpace, gradients: gradients[worker], rows: rows, dropout: userDrop)
            itemTower.backward(
                parameters, inputs.item, itemSpace, gradients: gradients[worker], rows: rows, dropout: itemDrop)
        }
        var uses = userTower.uses(inputs.user, userSpace) + itemTower.uses(inputs.item, itemSpace)
        if let table = network.itemBias {
            uses.append(
                TableUse(
                    table: table, offsets: nil, ids: inputs.item.codes[0], weights: nil, gradient: biasGradient,
                    column: 0, width: 1))
        }
        optimizer.update(
            parameters, dense: gradients, uses: uses, rate: Float(settings.learningRate),
            decay: Float(settings.l2))
        return value
    }

    private func dropouts(_ seed: UInt64) -> ((share: Float, seed: UInt64)?, (share: Float, seed: UInt64)?) {
        guard settings.dropout > 0 else { return (nil, nil) }
        return ((Float(settings.dropout), seed ^ 0x5555), (Float(settings.dropout), seed ^ 0xAAAA_AAAA))
    }

    /// What the loss takes of a batch, with what the parameters of the moment add to it.
    private func lossInput(_ batch: TwoTowerBatches.Batch) -> InBatchSoftmax.Batch {
        var result = batch.loss
        if let place = network.itemBias {
            let biases = network.parameters[place].values
            for row in result.offsets.indices { result.offsets[row] += biases[Int(batch.item.codes[0][row])] }
        }
        if let place = network.repeats, let bags = batch.user.history {
            let learned = network.parameters[place]
            result.repeats = BatchRepeats(
                result.items, bags, unknown: items.unknown, coefficients: (learned[0, 0], learned[0, 1]))
        }
        return result
    }
}
