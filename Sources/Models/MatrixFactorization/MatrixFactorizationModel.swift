import Core
import Features
import Tensor

/// Matrix factorisation: a vector for each user and each item, trained for the order of the items.
///
/// score(u, i) = ⟨u, v_i⟩ + b_i, or the cosine of u and v_i
///
/// What the training makes small is the `loss`: one pair after the other (`bpr`, `warp`, `bce`; ``PairwiseTrainer``), or
/// a softmax over all items, or over items drawn, for a batch of users at a time (`softmax`, `sampled-softmax`, `bsl`;
/// ``UserSoftmax``). The papers stand beside each in ``FactorLoss``.
///
/// Source: Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems" (2009); Rendle et al.,
/// "BPR: Bayesian Personalized Ranking from Implicit Feedback" (2009).
public struct MatrixFactorizationModel: EpochModel {
    /// `mf`.
    public static let kind = "mf"

    private let settings: MatrixFactorizationHyperparameters
    private var factors: Factors?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    public init(hyperparameters: JSONValue) throws {
        settings = try MatrixFactorizationHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = MatrixFactorizationHyperparameters(&fields)
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
    /// - Complexity: O(epochs · pairs · D), for the softmax losses O(epochs · users · C · D), C the items that stand for
    ///   all
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let histories = try UserHistories(data, windows: options.windows)
        let pairs = try InteractionPairs(
            histories, itemCount: data.items.count, halfLife: settings.halfLife, recency: settings.recency)
        let popularity = Factors.popularity(histories, itemCount: data.items.count)
        let threads = options.threads ?? Threads.count
        if settings.loss.isPairwise {
            let trainer = try PairwiseTrainer(pairs, settings, seed: options.seed, threads: threads)
            return try fit(trainer, data, popularity, options)
        }
        let trainer = try SoftmaxTrainer(pairs, settings, seed: options.seed, threads: threads)
        return try fit(trainer, data, popularity, options)
    }

    private mutating func fit(
        _ trainer: some FactorTrainer, _ data: InteractionDataset, _ popularity: [Float], _ options: TrainingOptions
    ) throws -> TrainingReport {
        let clock = TrainingClock()
        var session = try FactorSession(
            trainer, kind: Self.kind, hyperparameters: hyperparameters, schedule: settings.schedule, data: data,
            popularity: popularity, options: options)
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
