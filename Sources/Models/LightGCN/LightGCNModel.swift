import Core
import Features
import Tensor

/// LightGCN: vectors of users and items that flow over the graph of who had what.
///
/// e⁽ᵏ⁺¹⁾_u = Σ_i e⁽ᵏ⁾_i / √(d_u · d_i) over the items of u, and likewise for items; e = mean of e⁽⁰⁾ … e⁽ᴸ⁾;
/// score(u, i) = ⟨e_u, e_i⟩ (or the cosine)
///
/// Only e⁽⁰⁾ is learned. With `loss: bpr` this is the paper's model; with a softmax loss (``UserSoftmax``) a step takes
/// many more pairs, which makes the way over the whole graph in every step affordable. What is kept are the vectors
/// after the graph.
///
/// Source: He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation" (2020).
public struct LightGCNModel: EpochModel {
    /// `lightgcn`.
    public static let kind = "lightgcn"

    private let settings: LightGCNHyperparameters
    private var factors: Factors?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    public init(hyperparameters: JSONValue) throws {
        settings = try LightGCNHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = LightGCNHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    public var hyperparameters: JSONValue { settings.json }

    /// Trains until the validation metric stops growing, and keeps the best epoch's vectors.
    ///
    /// With a checkpoint folder the state after every epoch is kept there; with `resume` a training goes on from it,
    /// bit for bit as if it had never stopped.
    ///
    /// - Throws: `invalidData` for a dataset without interactions, `failedCheck` for a loss that is not finite: training
    ///   stops, and what the best epoch learned stays in the model.
    /// - Complexity: O(epochs · steps · (L · pairs · D + the loss))
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let pairs = try InteractionPairs(
            histories, itemCount: data.items.count, halfLife: nil, recency: settings.recency)
        let trainer = try LightGCNTrainer(
            pairs, settings, seed: options.seed, threads: options.threads ?? Threads.count)
        var session = try FactorSession(
            trainer, kind: Self.kind, hyperparameters: hyperparameters, schedule: settings.schedule, data: data,
            popularity: Factors.popularity(histories, itemCount: data.items.count), options: options)
        do {
            try session.run()
        } catch {
            if session.state.bestEpoch > 0 { factors = session.best }
            throw error
        }
        factors = session.best
        return session.report(clock)
    }

    /// The best items of every user; users without training interactions see what is popular.
    ///
    /// - Complexity: O(users · N · D)
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try fitted.lists(request, data: data)
    }

    /// The items whose vectors have the largest cosine with each item's.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        try fitted.similarItems(to: items, k: k)
    }

    /// The scores of pairs; −∞ for items without training interactions.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        try fitted.score(users: users, items: items, data: data)
    }

    /// Writes the vectors.
    public func save(to folder: String) throws {
        try fitted.save(to: folder, kind: Self.kind, hyperparameters: hyperparameters)
    }

    /// Reads a model that ``save(to:)`` wrote.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        factors = try Factors(file)
    }

    var fitted: Factors {
        get throws {
            guard let factors else { throw notFitted(Self.kind) }
            return factors
        }
    }
}
