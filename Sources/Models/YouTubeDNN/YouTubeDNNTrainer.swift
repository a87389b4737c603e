import CKernels
import Core
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Trains the network to say the next item: a row is an interaction, its input what the user did before.
///
/// The softmax runs over all items, or over the batch's own and some drawn from all alike. An item that is there with
/// probability π = 1 − (1 − share)^B · (1 − n / N) stands for 1 / π items, so −log π is added to its logit.
struct YouTubeDNNTrainer: FactorTrainer {
    let network: YouTubeDNNNetwork
    var optimizer: Optimizer
    private let settings: YouTubeDNNHyperparameters
    private let rows: TrainingRows
    private let inputs: YouTubeDNNInputs
    private let seed: UInt64
    private let threads: Int
    private let loss: UserSoftmax
    private let workspace: TowerWorkspace
    private let gradients: [DenseGradients]
    private let directions: Matrix
    private let inverse: Matrix
    private let columns: Matrix
    /// The items that were trained.
    private let trained: [Int32]
    /// What is added to each item's logit: nothing with all items, −log π with items drawn.
    private let offsets: [Float]

    init(
        _ network: YouTubeDNNNetwork, _ settings: YouTubeDNNHyperparameters, rows: TrainingRows,
        inputs: YouTubeDNNInputs, seed: UInt64, threads: Int
    ) {
        self.network = network
        self.settings = settings
        self.rows = rows
        self.inputs = inputs
        self.seed = seed
        self.threads = threads
        let items = network.parameters[network.items]
        let batch = max(1, min(settings.batchSize, rows.histories.count))
        var counts = [Int](repeating: 0, count: items.rows)
        for item in rows.histories.items { counts[Int(item)] += 1 }
        trained = counts.indices.filter { counts[$0] > 0 }.map { Int32($0) }
        let negatives = min(settings.negatives, trained.count)
        let isWhole = negatives == 0
        let (total, kept) = (Double(rows.histories.count), 1 - Double(negatives) / Double(max(trained.count, 1)))
        offsets = counts.map { count in
            if count == 0 { return UserSoftmax.leftOut }
            return isWhole ? 0 : -Float(log(1 - pow(1 - Double(count) / total, Double(batch)) * kept))
        }
        let most = isWhole ? nil : min(trained.count, batch + negatives)
        loss = UserSoftmax(
            temperature: settings.temperature, positiveTemperature: nil, items: items.rows, columns: most,
            dimension: items.columns, precision: settings.precision, threads: threads)
        workspace = TowerWorkspace(network.tower, rows: batch)
        gradients = (0..<threads).map { _ in DenseGradients(network.parameters) }
        directions = Matrix(rows: settings.isCosine ? items.rows : 0, columns: items.columns)
        inverse = Matrix(rows: settings.isCosine ? items.rows : 0, columns: 1)
        columns = Matrix(rows: most ?? 0, columns: items.columns)
        optimizer = Optimizer(.adam, network.parameters, threads: threads)
    }

    var parameters: Parameters { network.parameters }
    var sampleCount: Int { rows.histories.count }

    mutating func epoch(
        _ number: Int, rate: (Double) -> Double, progress: (Int) throws -> Void
    ) throws -> Double {
        let batches = ShuffledBatches(count: sampleCount, batchSize: settings.batchSize, seed: seed, epoch: number)
        var sum = 0.0
        for index in 0..<batches.count {
            try progress(index * settings.batchSize)
            let batch = batches[index]
            let loss = step(
                batch, stream: 4_000_000_000 + UInt64(number) << 24 + UInt64(index),
                rate: settings.learningRate * rate(Double(index) / Double(batches.count)))
            guard loss.isFinite else { return loss }
            sum += loss * Double(batch.count)
        }
        return sum / Double(sampleCount)
    }

    /// One step on the rows `batch`; nothing is changed if the loss, which it returns, is not finite.
    private mutating func step(_ batch: ArraySlice<Int32>, stream: UInt64, rate: Double) -> Double {
        var random = RandomSource(seed: seed, stream: stream)
        let input = inputs.input(rows, batch)
        let drop = settings.dropout > 0 ? (share: Float(settings.dropout), seed: random.next()) : nil
        let (network, parameters, workspace, gradients) = (network, network.parameters, workspace, gradients)
        for gradient in gradients { gradient.clear() }
        parallelFor(batch.count, grain: 16, threads: threads) { rows, _ in
            network.tower.forward(parameters, input, workspace, rows: rows, dropout: drop)
        }
        let value = softmax(batch, itemGradient: gradients[0][network.items], random: &random)
        guard value.isFinite else { return value }
        parallelFor(batch.count, grain: 16, threads: threads) { rows, worker in
            network.tower.backward(
                parameters, input, workspace, gradients: gradients[worker], rows: rows, dropout: drop)
        }
        optimizer.update(
            parameters, dense: gradients, uses: network.tower.uses(input, workspace),
            rate: Float(rate), decay: Float(settings.l2))
        return value
    }

    /// The loss of a batch whose vectors stand in the workspace, and its gradients by these and by the items.
    private func softmax(
        _ batch: ArraySlice<Int32>, itemGradient: Matrix, random: inout RandomSource
    ) -> Double {
        let items = network.parameters[network.items]
        let width = items.columns
        let (directions, inverse) = (directions, inverse)
        if settings.isCosine {
            parallelFor(items.rows, grain: 256, threads: threads) { rows, _ in
                let from = rows.lowerBound * width
                (directions.pointer + from).update(from: items.pointer + from, count: rows.count * width)
                martlet_normalize(directions.pointer + from, rows.count, width, inverse.pointer + rows.lowerBound)
            }
        }
        let vectors = settings.isCosine ? directions : items
        let positives = batch.map { rows.histories.items[Int($0)] }
        let drawn = columns.rows == 0 ? Array(0..<Int32(items.rows)) : draw(positives, &random)
        if columns.rows > 0 {
            martlet_gather(vectors.pointer, width, drawn, drawn.count, 0, columns.pointer, width)
        }
        let share = 1 / Float(batch.count)
        let described = UserSoftmax.Batch(
            columns: drawn, offsets: drawn.map { offsets[Int($0)] }, positiveOffsets: Array(0...batch.count),
            positives: positives, shares: [Float](repeating: 1, count: batch.count),
            weights: batch.map { rows.weight(Int($0)) * share })
        let value = loss(
            described, users: workspace.output, columns: columns.rows == 0 ? vectors : columns, items: vectors,
            userGradient: workspace.outputGradient, itemGradient: itemGradient)
        if settings.isCosine {
            parallelFor(items.rows, grain: 256, threads: threads) { rows, _ in
                let from = rows.lowerBound * width
                martlet_normalize_backward(
                    itemGradient.pointer + from, directions.pointer + from, inverse.pointer + rows.lowerBound,
                    rows.count, width)
            }
        }
        return value
    }

    /// The batch's own items and as many others as were asked for, each once, rising.
    private func draw(_ own: [Int32], _ random: inout RandomSource) -> [Int32] {
        var isDrawn = [Bool](repeating: false, count: offsets.count)
        for item in own { isDrawn[Int(item)] = true }
        let count = min(settings.negatives, trained.count)
        // Floyd's algorithm: `count` different places, all sets of them alike likely.
        var places = Set<Int>(minimumCapacity: count)
        for last in trained.count - count..<trained.count {
            let place = random.index(below: last + 1)
            places.insert(places.contains(place) ? last : place)
        }
        for place in places { isDrawn[Int(trained[place])] = true }
        return isDrawn.indices.filter { isDrawn[$0] }.map { Int32($0) }
    }

    func vectors(_ parameters: Parameters) -> (users: Matrix, items: Matrix, bias: [Float]?) {
        let users = Array(0..<Int32(rows.histories.userCount))
        let vectors = network.userVectors(parameters, count: users.count, threads: threads) { range in
            inputs.input(users: Array(users[range]), rows.histories, at: inputs.now)
        }
        return (vectors, network.itemVectors(parameters), nil)
    }
}
