import Core
import Features
import Tensor

/// Two towers: one makes a vector of a user, the moment and what the user bought before, the other of an item; the
/// inner product says how well they fit.
///
/// score(u, i) = ⟨f(u, moment, history), g(i)⟩ / τ + b_i + r(u, i), r ≠ 0 for items of the history (``RepeatBonus``)
///
/// Trained with the softmax over the items of the batch (``InBatchSoftmax``). Everyone has an embedding of the own id
/// and of each feature; whoever was not trained has the id embedding "unknown", which training meets now and then, and
/// is told apart by features and history. Item vectors can be put into an index: with the bias as one more column, the
/// inner product is the whole score, but for what a repeat adds.
///
/// Source: Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
public struct TwoTowerModel: EpochModel {
    /// `two-tower`.
    public static let kind = "two-tower"

    let settings: TwoTowerHyperparameters
    var shape: TwoTowerShape?
    var network: TwoTowerNetwork?
    /// Every item's vector at the time of training, `N × (D + 1)`.
    var itemVectors: Matrix?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    public init(hyperparameters: JSONValue) throws {
        settings = try TwoTowerHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = TwoTowerHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    public var hyperparameters: JSONValue { settings.json }

    /// Trains until the validation metric stops growing, and keeps the best epoch's weights.
    ///
    /// With a checkpoint folder the state after every epoch is kept there; with `resume` a training goes on from it,
    /// bit for bit as if it had never stopped.
    ///
    /// - Throws: `invalidData` for features that are no numbers (column and row named), `failedCheck` for a loss that
    ///   is not finite: training stops, and what the last good epoch learned stays in the model and the checkpoint.
    /// - Complexity: O(epochs · rows · (batch · D + the layers' sizes))
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let shape = TwoTowerShape(data, windows: options.windows, settings: settings)
        let network = TwoTowerNetwork(shape, settings)
        network.draw(seed: options.seed, deviation: settings.initialDeviation)
        var session = try TwoTowerSession(network, settings, shape, data, options)
        do {
            try session.run()
        } catch {
            if session.state.bestEpoch > 0 { try keep(session.bestNetwork, shape, data, options) }
            throw error
        }
        try keep(session.bestNetwork, shape, data, options)
        return TrainingReport(
            model: Self.kind, interactions: session.rowCount, epochs: session.state.epochs,
            bestEpoch: session.state.bestEpoch, validationMetric: session.metricName,
            validation: session.state.validation, loss: session.state.loss, seconds: clock.seconds,
            samplesPerSecond: session.samplesPerSecond, peakMemoryBytes: TrainingClock.peakMemoryBytes)
    }

    private mutating func keep(
        _ network: TwoTowerNetwork, _ shape: TwoTowerShape, _ data: InteractionDataset, _ options: TrainingOptions
    ) throws {
        self.network = network
        self.shape = shape
        itemVectors = try TwoTowerEncoder(network, shape, settings, data).items(threads: options.threads)
    }

    /// The best items of every user; the user tower runs once a user, the item tower once an item.
    ///
    /// - Complexity: O((users + N) · tower + users · N · D)
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try encoder(data).lists(request, threads: nil)
    }

    /// The items whose vectors have the largest cosine with each item's.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard let itemVectors else { throw notFitted(Self.kind) }
        try checkIndices(items, in: 0..<itemVectors.rows, of: "item")
        // The bias says how popular an item is, not what it is like.
        let width = itemVectors.columns - 1
        let directions = Matrix(rows: itemVectors.rows, columns: width)
        for item in 0..<itemVectors.rows {
            let vector = itemVectors.row(item).prefix(width)
            let length = max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
            for column in 0..<width { directions[item, column] = vector[column] / length }
        }
        let queries = Matrix(rows: items.count, columns: width)
        for (row, item) in items.enumerated() { _ = queries.row(row).update(fromContentsOf: directions.row(Int(item))) }
        let itself = SparseRows(columns: directions.rows, offsets: Array(0...items.count), indices: items)
        return topK(queries: queries, items: directions, k: k, exclude: itself)
    }

    /// The scores of pairs, for the moment at which the validation window begins.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        let encoder = try encoder(data)
        let request = RecommendationRequest(users: users, k: 1, at: data.split.validationStart)
        let userVectors = try encoder.users(request, threads: nil)
        let itemVectors = try encoder.items(threads: nil)
        let repeats = try encoder.repeats(request)
        return items.enumerated().map { row, item in
            dot(UnsafeBufferPointer(userVectors.row(row)), UnsafeBufferPointer(itemVectors.row(Int(item))))
                + (repeats?[row].first { $0.item == item }?.bonus ?? 0)
        }
    }

    /// The vectors of the users of a request, `users × (D + 1)`, the last column 1: inner products with
    /// ``itemVectors(_:)`` are scores, but for what a repeat adds.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    public func userVectors(_ request: RecommendationRequest, data: InteractionDataset) throws -> Matrix {
        try encoder(data).users(request, threads: nil)
    }

    /// The vectors of all items of the dataset, newcomers included, `N × (D + 1)`, the last column the bias.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    public func itemVectors(_ data: InteractionDataset) throws -> Matrix {
        try encoder(data).items(threads: nil)
    }

    private func encoder(_ data: InteractionDataset) throws -> TwoTowerEncoder {
        guard let network, let shape else { throw notFitted(Self.kind) }
        try shape.dataset.check(data)
        return try TwoTowerEncoder(network, shape, settings, data)
    }
}

// MARK: - On disk

extension TwoTowerModel {
    /// Writes the weights by name, and the items' vectors as `item-vectors`.
    public func save(to folder: String) throws {
        guard let network, let shape, let itemVectors else { throw notFitted(Self.kind) }
        let vectors = StoredTensor(
            "item-vectors", shape: [itemVectors.rows, itemVectors.columns], .float(Array(itemVectors.values)))
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: shape.json,
            tensors: network.parameters.tensors() + [vectors])
    }

    /// Reads a model that ``save(to:)`` wrote.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        let shape = try TwoTowerShape(json: file.json("schema"))
        // A hostile schema must not make us take memory for tables that the file does not hold.
        let stored = file.tensors.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let counts = [shape.dataset.trainedUsers, shape.dataset.trainedItems]
        guard counts.allSatisfy({ $0 <= stored }),
            (shape.userFeatures + shape.itemFeatures + shape.contextFeatures).allSatisfy({ $0.cardinality <= stored })
        else { throw MartletError(.corrupted, "the weights in \(folder) do not fit the schema beside them") }
        let network = TwoTowerNetwork(shape, settings)
        try network.parameters.read(file)
        self.network = network
        self.shape = shape
        let values = try file.floats("item-vectors", shape: [nil, network.vectorWidth])
        itemVectors = Matrix(
            rows: values.count / network.vectorWidth, columns: network.vectorWidth, values: values)
    }
}
