import Core
import Features
import Tensor

/// Several models together: what one misses, another finds.
///
/// score(u, i) = Σ_m w_m · z_m(u, i), where z_m is the score of member m, made comparable over the best items of its list
/// for the user (``BlendedLists``), and 0 for all others
///
/// The weights are fitted on the validation window by models that did not see it (``BlendWeights``), and are part of the
/// hyperparameters from then on: fitted again on more data, the blend keeps them, and each member makes the number of
/// passes that was best.
public struct BlendModel: RetrievalModel {
    /// `blend`.
    public static let kind = "blend"

    /// How many users' lists are blended at a time.
    private static let chunk = 8192

    private var settings: BlendHyperparameters
    private var shape: DatasetShape?
    private var itemCount = 0
    private var members: [any RetrievalModel] = []

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try BlendHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = BlendHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in, and after ``fit(_:options:)`` the weights and passes that it found.
    public var hyperparameters: JSONValue { settings.json }

    /// Fits every member, and the weights if they are not given.
    ///
    /// Without a validation window that was not learned from, weights that are not given are all equal.
    ///
    /// - Throws: what the members throw.
    /// - Complexity: that of the members, and of some hundred looks at 20,000 users' candidates
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        var made: [any RetrievalModel] = []
        var reports: [TrainingReport] = []
        for (place, member) in settings.members.enumerated() {
            var own = options
            own.checkpointFolder = options.checkpointFolder.map { Self.folder(of: place, in: $0) }
            own.epochs = settings.passes?[place] ?? options.epochs
            var model = try ModelRegistry.make(kind: member.kind, hyperparameters: member.hyperparameters)
            reports.append(try model.fit(data, options: own))
            made.append(model)
        }
        members = made
        itemCount = data.items.count
        shape = DatasetShape(data, windows: options.windows)
        settings.members = try made.map { member in
            // As they would be read back: whole numbers lose their '.0' on the way through text.
            .init(kind: member.kind, hyperparameters: try JSONValue(parsing: member.hyperparameters.description))
        }
        settings.passes = settings.passes ?? reports.map { max($0.bestEpoch, 1) }
        var report = clock.report(model: Self.kind, interactions: reports.map(\.interactions).max() ?? 0)
        if let recall = try ValidationRecall(data, options) {
            if settings.weights == nil {
                let truth = recall.users.indices.map { recall.taken($0) }
                var request = recall.request
                request.k = max(settings.candidates, recall.k)
                let lists = BlendedLists(try lists(request, data), settings.normalization)
                settings.weights =
                    BlendWeights(lists, truth: truth, k: recall.k, threads: options.threads).search()
            }
            report.validationMetric = recall.name
            report.validation = [recall.measure(try recommend(recall.request, data: data))]
        }
        settings.weights = settings.weights ?? made.map { _ in 1 / Double(made.count) }
        report.seconds = clock.seconds
        report.peakMemoryBytes = TrainingClock.peakMemoryBytes
        return report
    }

    /// Each member's lists for the users of a request.
    private func lists(_ request: RecommendationRequest, _ data: InteractionDataset) throws -> [RankedLists] {
        try members.map { try $0.recommend(request, data: data) }
    }

    /// The best of what the members recommend.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: that of the members, O(users · members · candidates) beside
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        guard let shape else { throw notFitted(Self.kind) }
        try shape.check(data)
        var result = RankedLists(count: 0, k: request.k)
        for start in stride(from: 0, to: request.users.count, by: Self.chunk) {
            var part = request.rows(start..<min(start + Self.chunk, request.users.count))
            part.k = max(settings.candidates, request.k)
            let blended = BlendedLists(try lists(part, data), settings.normalization)
            result.append(blended.combined(weights, k: request.k, itemCount: data.items.count, threads: nil))
        }
        return result
    }

    /// The best of what the members find similar.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard shape != nil else { throw notFitted(Self.kind) }
        try checkIndices(items, in: 0..<itemCount, of: "item")
        let lists = try members.map { try $0.similarItems(to: items, k: max(k, settings.candidates)) }
        return BlendedLists(lists, settings.normalization)
            .combined(weights, k: k, itemCount: itemCount, threads: nil)
    }

    /// The scores of pairs, for the moment at which the validation window begins; 0 for an item that is among no
    /// member's best of its user.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        guard let shape else { throw notFitted(Self.kind) }
        try shape.check(data)
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        let distinct = Set(users).sorted()
        let rows = Dictionary(uniqueKeysWithValues: zip(distinct, 0...))
        let request = RecommendationRequest(
            users: distinct, k: settings.candidates, at: data.split.validationStart)
        let blended = BlendedLists(try lists(request, data), settings.normalization)
        return zip(users, items).map { user, item in
            let row = rows[user]!
            return zip(blended.members, weights).reduce(0) { sum, member in
                let place = member.0[row].firstIndex(of: item)
                return sum + (place.map { member.1 * member.0.scores[$0] } ?? 0)
            }
        }
    }

    private var weights: [Float] { settings.weights?.map { Float($0) } ?? [] }
}

// MARK: - On disk

extension BlendModel {
    private static func folder(of member: Int, in folder: String) -> String { "\(folder)/member-\(member + 1)" }

    /// Writes the weights, and each member into a folder of its own below.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        guard let shape else { throw notFitted(Self.kind) }
        for (place, member) in members.enumerated() { try member.save(to: Self.folder(of: place, in: folder)) }
        var schema = shape.json.object ?? [:]
        schema["items"] = .integer(Int64(itemCount))
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: .object(schema),
            tensors: [StoredTensor("weights", shape: [weights.count], .float(weights))])
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        let schema = try file.json("schema")
        shape = try DatasetShape(json: schema)
        itemCount = schema["items"]?.integer ?? 0
        members = try settings.members.indices.map { try ModelRegistry.load(folder: Self.folder(of: $0, in: folder)) }
        guard members.map(\.kind) == settings.members.map(\.kind), settings.weights != nil else {
            throw MartletError(
                .corrupted, "the members in \(folder) are others than the blend's", hint: "train the blend again")
        }
    }
}
