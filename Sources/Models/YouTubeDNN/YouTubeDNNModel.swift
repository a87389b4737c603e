import Core
import Features
import Tensor

/// History in, next item out: what a user did last is pooled, goes through layers, and a softmax over items says what
/// comes next.
///
/// u = MLP(Σ_j w_j · e_j ‖ features), j the last items before the moment, w falling with their age
///
/// score(u, i) = ⟨u, v_i⟩ / τ, u and v_i divided by their lengths with `similarity: cosine`
///
/// Users have no vector of their own, so whoever brings a history gets a list, trained or not. Items without training
/// interactions are in no list.
///
/// Source: Covington, Adams and Sargin, "Deep Neural Networks for YouTube Recommendations" (2016).
public struct YouTubeDNNModel: EpochModel {
    /// `youtube-dnn`.
    public static let kind = "youtube-dnn"

    let settings: YouTubeDNNHyperparameters
    var shape: TwoTowerShape?
    var network: YouTubeDNNNetwork?
    /// Each item's share of the most popular item's weight; 0 for an item that was not trained.
    private(set) var popularity: [Float] = []

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try YouTubeDNNHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = YouTubeDNNHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    public var hyperparameters: JSONValue { settings.json }

    /// Trains until the validation metric stops growing, and keeps the best epoch's weights.
    ///
    /// With a checkpoint folder the state after every epoch is kept there; with `resume` a training goes on from it,
    /// bit for bit as if it had never stopped.
    ///
    /// - Throws: `invalidData` for features that are no numbers, `failedCheck` for a loss that is not finite: training
    ///   stops, and what the best epoch learned stays in the model.
    /// - Complexity: O(epochs · rows · (C · D + layers)), C the items in the softmax
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let shape = TwoTowerShape(
            data, windows: options.windows, usesFeatures: settings.usesFeatures, usesContext: settings.usesContext)
        let network = YouTubeDNNNetwork(shape, itemCount: data.items.count, settings)
        network.draw(seed: options.seed, deviation: settings.initialDeviation)
        let rows = try TrainingRows(
            data, windows: options.windows, context: shape.contextFeatures, halfLife: settings.halfLife)
        let inputs = try YouTubeDNNInputs(shape, settings, at: data.split.validationStart, data: data)
        let trainer = YouTubeDNNTrainer(
            network, settings, rows: rows, inputs: inputs, seed: options.seed,
            threads: options.threads ?? Threads.count)
        popularity = Factors.popularity(rows.histories, itemCount: data.items.count)
        var session = try FactorSession(
            trainer, kind: Self.kind, hyperparameters: hyperparameters, schedule: settings.schedule, data: data,
            popularity: popularity, options: options)
        func keep(_ parameters: Parameters) {
            self.shape = shape
            self.network = network
            self.network?.parameters = parameters.copy()
        }
        do {
            try session.run()
        } catch {
            if session.state.bestEpoch > 0 { keep(session.state.best) }
            throw error
        }
        keep(session.state.best)
        return session.report(clock)
    }

    /// The best items of every user.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(users · (layers + N · D))
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        let (users, items) = try vectors(request, data)
        let allowed = popularity.indices.map { popularity[$0] > 0 && request.allowed?[$0] ?? true }
        return topK(
            queries: users, items: items, k: request.k, exclude: request.exclude, allowed: allowed, threads: nil)
    }

    /// The trained items whose vectors have the largest cosine with each item's.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard let network, let shape else { throw notFitted(Self.kind) }
        let vectors = network.parameters[network.items]
        return try Factors(
            users: Matrix(rows: 0, columns: vectors.columns), items: vectors, popularity: popularity,
            shape: shape.dataset
        ).similarItems(to: items, k: k)
    }

    /// The scores of pairs, for the moment at which the validation window begins; −∞ for an item that was not trained.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        let request = RecommendationRequest(users: users, k: 1, at: data.split.validationStart)
        let vectors = try vectors(request, data)
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        return items.enumerated().map { row, item in
            guard popularity[Int(item)] > 0 else { return -.infinity }
            return dot(
                UnsafeBufferPointer(vectors.users.row(row)), UnsafeBufferPointer(vectors.items.row(Int(item))))
        }
    }

    /// The vectors of the users of a request, divided by τ, and of all items.
    private func vectors(
        _ request: RecommendationRequest, _ data: InteractionDataset
    ) throws -> (users: Matrix, items: Matrix) {
        guard let network, let shape else { throw notFitted(Self.kind) }
        try shape.dataset.check(data)
        guard popularity.count == data.items.count else {
            throw MartletError(
                .invalidData, "the model knows \(popularity.count) items, the dataset has \(data.items.count)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let inputs = try YouTubeDNNInputs(shape, settings, at: request.at, data: data)
        let isBrought = request.history != nil
        let histories =
            try request.history.map { UserHistories($0, times: request.historyTimes, at: request.at) }
            ?? UserHistories(data, windows: shape.dataset.windows)
        let users = network.userVectors(network.parameters, count: request.users.count, threads: nil) { range in
            inputs.input(
                users: Array(request.users[range]), histories, rows: isBrought ? range : nil, at: request.at)
        }
        let scale = Float(1 / settings.temperature)
        for place in users.values.indices { users.values[place] *= scale }
        return (users, network.itemVectors(network.parameters))
    }
}

// MARK: - On disk

extension YouTubeDNNModel {
    /// Writes the weights by name.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        guard let network, let shape else { throw notFitted(Self.kind) }
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: shape.json,
            tensors: network.parameters.tensors()
                + [StoredTensor("popularity", shape: [popularity.count], .float(popularity))])
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        let shape = try TwoTowerShape(json: file.json("schema"))
        // A hostile schema must not make us take memory for tables that the file does not hold.
        let stored = file.tensors.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
        guard shape.dataset.trainedItems <= stored,
            (shape.userFeatures + shape.contextFeatures).allSatisfy({ $0.cardinality <= stored })
        else { throw MartletError(.corrupted, "the weights in \(folder) do not fit the schema beside them") }
        popularity = try file.floats("popularity", shape: [nil])
        let network = YouTubeDNNNetwork(shape, itemCount: popularity.count, settings)
        try network.parameters.read(file)
        self.network = network
        self.shape = shape
    }
}
