import Core
import Tensor

/// Trains on batches of users: the softmax losses.
struct SoftmaxTrainer: FactorTrainer {
    let parameters: Parameters
    var optimizer: Optimizer
    private let settings: MatrixFactorizationHyperparameters
    private let pairs: InteractionPairs
    private let seed: UInt64
    private let active: [Int32]
    private let gradients: DenseGradients
    private var objective: SoftmaxObjective

    init(
        _ pairs: InteractionPairs, _ settings: MatrixFactorizationHyperparameters, seed: UInt64, threads: Int
    ) throws {
        self.settings = settings
        self.pairs = pairs
        self.seed = seed
        active = (0..<pairs.userCount).filter { !pairs.range($0).isEmpty }.map { Int32($0) }
        var random = RandomSource(seed: seed, stream: 1)
        var parameters = Parameters()
        // All items change in every step, but only the users of the batch.
        for (name, rows, isTable) in [("users", pairs.userCount, true), ("items", pairs.itemCount, false)] {
            _ = parameters.add(name, rows: rows, columns: settings.dimension, isTable: isTable)
        }
        try settings.start.fill(
            parameters, pairs, deviation: settings.initialDeviation, random: &random, seed: seed, threads: threads)
        self.parameters = parameters
        optimizer = Optimizer(settings.optimizer, parameters, threads: threads)
        gradients = DenseGradients(parameters)
        objective = SoftmaxObjective(
            settings.softmax, pairs, dimension: settings.dimension, batchSize: min(settings.batchSize, active.count),
            threads: threads)
    }

    var sampleCount: Int { pairs.count }

    mutating func epoch(
        _ number: Int, rate: (Double) -> Double, progress: (Int) throws -> Void
    ) throws -> Double {
        let batches = ShuffledBatches(count: active.count, batchSize: settings.batchSize, seed: seed, epoch: number)
        objective.beginEpoch()
        var sum = 0.0
        for index in 0..<batches.count {
            try progress(pairs.count * index / batches.count)
            var random = RandomSource(seed: seed, stream: 4_000_000_000 + UInt64(number) << 20 + UInt64(index))
            let batch = batches[index].map { active[Int($0)] }
            let loss = objective(
                batch, users: parameters[0], items: parameters[1], itemGradient: gradients[1], random: &random)
            guard loss.isFinite else { return loss }
            let use = TableUse(
                table: 0, offsets: nil, ids: batch, weights: nil, gradient: objective.userGradient, column: 0,
                width: settings.dimension)
            optimizer.update(
                parameters, dense: [gradients], uses: [use],
                rate: Float(settings.learningRate * rate(Double(index) / Double(batches.count))),
                decay: Float(settings.l2))
            sum += loss * Double(batch.count)
        }
        return sum / Double(active.count)
    }

    func vectors(_ parameters: Parameters) -> (users: Matrix, items: Matrix, bias: [Float]?) {
        let vectors = objective.ranking(users: parameters[0], items: parameters[1])
        return (vectors.users, vectors.items, nil)
    }
}
