import CKernels
import Core
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Trains the vectors that flow over the graph: every step sends them over all of it, and the gradient back.
struct LightGCNTrainer: FactorTrainer {
    let parameters: Parameters
    var optimizer: Optimizer
    private let settings: LightGCNHyperparameters
    private let pairs: InteractionPairs
    private let graph: InteractionGraph
    private let threads: Int
    private let seed: UInt64
    private let active: [Int32]
    private let trained: [Int32]
    private let pairUsers: [Int32]
    private let gradients: DenseGradients
    /// What the vectors come to after the graph, and the loss's gradients there.
    private let (userMeans, itemMeans): (Matrix, Matrix)
    private let (userSlopes, itemSlopes): (Matrix, Matrix)
    private var objective: SoftmaxObjective?

    init(_ pairs: InteractionPairs, _ settings: LightGCNHyperparameters, seed: UInt64, threads: Int) throws {
        self.settings = settings
        self.pairs = pairs
        self.threads = threads
        self.seed = seed
        graph = InteractionGraph(pairs, layers: settings.layers, dimension: settings.dimension, threads: threads)
        active = (0..<pairs.userCount).filter { !pairs.range($0).isEmpty }.map { Int32($0) }
        trained = pairs.counts.indices.filter { pairs.counts[$0] > 0 }.map { Int32($0) }
        let isPairwise = settings.loss.isPairwise
        pairUsers =
            isPairwise
            ? (0..<pairs.userCount).flatMap { [Int32](repeating: Int32($0), count: pairs.range($0).count) } : []
        var random = RandomSource(seed: seed, stream: 1)
        var parameters = Parameters()
        for (name, rows) in [("users", pairs.userCount), ("items", pairs.itemCount)] {
            _ = parameters.add(name, rows: rows, columns: settings.dimension, isTable: false)
        }
        try settings.start.fill(
            parameters, pairs, deviation: settings.initialDeviation, random: &random, seed: seed, threads: threads)
        self.parameters = parameters
        optimizer = Optimizer(settings.optimizer, parameters, threads: threads)
        gradients = DenseGradients(parameters)
        (userMeans, itemMeans) = (parameters.entries[0].matrix.copy(), parameters.entries[1].matrix.copy())
        (userSlopes, itemSlopes) = (parameters.entries[0].matrix.copy(), parameters.entries[1].matrix.copy())
        objective =
            isPairwise
            ? nil
            : SoftmaxObjective(
                settings.softmax, pairs, dimension: settings.dimension,
                batchSize: min(settings.batchSize, active.count), threads: threads)
    }

    var sampleCount: Int { pairs.count }

    mutating func epoch(
        _ number: Int, rate: (Double) -> Double, progress: (Int) throws -> Void
    ) throws -> Double {
        let rows = settings.loss.isPairwise ? pairs.count : active.count
        let batches = ShuffledBatches(count: rows, batchSize: settings.batchSize, seed: seed, epoch: number)
        objective?.beginEpoch()
        var sum = 0.0
        for index in 0..<batches.count {
            try progress(pairs.count * index / batches.count)
            var random = RandomSource(seed: seed, stream: 4_000_000_000 + UInt64(number) << 20 + UInt64(index))
            let batch = Array(batches[index])
            let loss = step(
                batch, rate: settings.learningRate * rate(Double(index) / Double(batches.count)), random: &random)
            guard loss.isFinite else { return loss }
            sum += loss * Double(batch.count)
        }
        return sum / Double(rows)
    }

    func vectors(_ parameters: Parameters) -> (users: Matrix, items: Matrix, bias: [Float]?) {
        let (users, items) = (parameters[0].copy(), parameters[1].copy())
        graph.propagate(users: parameters[0], items: parameters[1], into: users, items)
        guard let ranking = objective?.ranking(users: users, items: items) else { return (users, items, nil) }
        return (ranking.users, ranking.items, nil)
    }

    private mutating func step(_ batch: [Int32], rate: Double, random: inout RandomSource) -> Double {
        graph.propagate(users: parameters[0], items: parameters[1], into: userMeans, itemMeans)
        userSlopes.values.update(repeating: 0)
        let loss: Double
        if objective != nil {
            let users = batch.map { active[Int($0)] }
            loss = objective!(
                users, users: userMeans, items: itemMeans, itemGradient: itemSlopes, random: &random)
            for (row, user) in users.enumerated() {
                _ = userSlopes.row(Int(user)).update(
                    fromContentsOf: UnsafeBufferPointer(objective!.userGradient.row(row)))
            }
        } else {
            itemSlopes.values.update(repeating: 0)
            loss = addPairs(batch, random: &random)
        }
        guard loss.isFinite else { return loss }
        graph.propagate(users: userSlopes, items: itemSlopes, into: gradients[0], gradients[1])
        optimizer.update(
            parameters, dense: [gradients], uses: [], rate: Float(rate), decay: Float(settings.l2))
        return loss
    }

    /// The mean BPR loss of pairs, each with one negative; its gradients are added to the slopes.
    private func addPairs(_ batch: [Int32], random: inout RandomSource) -> Double {
        let width = settings.dimension
        var sum = 0.0
        for pair in batch {
            let user = Int(pairUsers[Int(pair)])
            let positive = Int(pairs.items[Int(pair)])
            let own = pairs.items[pairs.range(user)]
            guard own.count < trained.count else { continue }
            var negative = trained[random.index(below: trained.count)]
            while own.contains(negative) { negative = trained[random.index(below: trained.count)] }
            let (u, i, j) = (
                userMeans.pointer + user * width, itemMeans.pointer + positive * width,
                itemMeans.pointer + Int(negative) * width
            )
            let margin = martlet_dot(u, i, width) - martlet_dot(u, j, width)
            let small = exp(-abs(margin))
            let weight = pairs.weights?[Int(pair)] ?? 1
            sum += Double(weight * (max(-margin, 0) + log1p(small)))
            let slope = weight * (margin > 0 ? small : 1) / (1 + small) / Float(batch.count)
            martlet_axpy(-slope, i, userSlopes.pointer + user * width, width)
            martlet_axpy(slope, j, userSlopes.pointer + user * width, width)
            martlet_axpy(-slope, u, itemSlopes.pointer + positive * width, width)
            martlet_axpy(slope, u, itemSlopes.pointer + Int(negative) * width, width)
        }
        return sum / Double(batch.count)
    }
}
