import Core
import Features
import Tensor

/// A model that picks, for a shopper, the best of all articles.
///
/// One contract for all: the same suite of behaviour tests runs against every implementation. Users and items are
/// indices of an `InteractionDataset`; a model belongs to the index space of the dataset that it was fitted on.
public protocol RetrievalModel: Sendable {
    /// The name in `martlet.yml`, such as `two-tower`.
    static var kind: String { get }

    /// Reads the hyperparameters under `fields` and reports unknown keys and wrong values, all of them at once.
    static func check(_ fields: inout ConfigurationFields)

    /// Makes a model that is not fitted yet.
    ///
    /// - Parameter hyperparameters: an object with the keys of `martlet.yml`; absent keys take their defaults.
    /// - Throws: `invalidConfiguration` for unknown keys and wrong values.
    init(hyperparameters: JSONValue) throws

    /// All hyperparameters, defaults filled in: what `init(hyperparameters:)` takes.
    var hyperparameters: JSONValue { get }

    /// Learns from the rows of `options.windows`; validation rows are looked at for early stopping only.
    ///
    /// The same data, options, seed and number of threads give the same model, bit for bit.
    ///
    /// - Throws: `invalidData` for data that cannot be learned from (names the column and row), `failedCheck` for a
    ///   loss that diverges, `cancelled` when `options.isCancelled` says so.
    mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport

    /// The `request.k` best items of each user of the request, best first, ties by lower index.
    ///
    /// Rows that run out of items that are allowed and not excluded end in `-1`.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists

    /// The `k` items nearest to each of `items`, themselves left out; rows of items that the model knows nothing of
    /// end in `-1`.
    ///
    /// - Throws: `invalidData` if the model was not fitted or an index lies outside the catalogue.
    func similarItems(to items: [Int32], k: Int) throws -> RankedLists

    /// The scores of pairs `(users[i], items[i])`, on the scale that ``recommend(_:data:)`` ranks by.
    ///
    /// - Throws: `invalidData` if the model was not fitted or an index lies outside the dataset.
    func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float]

    /// Writes the model into `folder`: `model.json` and `weights.safetensors`, each put in place atomically.
    func save(to folder: String) throws

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound`, or `corrupted` if a file does not hold what its header promises.
    init(loading folder: String) throws
}

/// A model that learns in passes over its rows, looks at the validation window between them, keeps the state of each
/// in `options.checkpointFolder`, and heeds `options.pauseAfter`.
public protocol EpochModel: RetrievalModel {}

extension RetrievalModel {
    /// The name in `martlet.yml` of this model's type.
    public var kind: String { Self.kind }
}
