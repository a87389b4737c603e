import Core
import Features
import Tensor

/// GF-CF: a user's history smoothed over the graph of users and items, with no training but a truncated SVD.
///
/// A linear filter (two steps on the graph, users who met the items and what else they took) and an ideal low-pass
/// filter (the largest singular vectors of the normalised matrix) together; see ``GraphFilter`` for the formula.
///
/// Source: Shen et al., "How Powerful is Graph Convolution for Recommendation?" (CIKM 2021).
public struct GraphFilterModel: RetrievalModel {
    /// `gf-cf`.
    public static let kind = "gf-cf"

    private let settings: GraphFilterHyperparameters
    private var ranking: HistoryRanking<GraphFilter>?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try GraphFilterHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = GraphFilterHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in: `factors`, `low-pass` and `recency`.
    public var hyperparameters: JSONValue { settings.json }

    /// Normalises the matrix of who took what and finds its largest singular vectors.
    ///
    /// - Throws: `invalidData` for weights that are no positive numbers, `cancelled`.
    /// - Complexity: O(factors · rows + factors² · N), memory O(rows + 6 · factors · N) at most
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let taken = histories.distinctItems(itemCount: data.items.count)
        let task = "train \(Self.kind)"
        options.progress.begin(task)
        var factors = Matrix(rows: data.items.count, columns: 0)
        if settings.lowPass > 0 {
            let found = try TruncatedSVD(
                GraphFilter.normalized(taken), count: settings.factors, seed: options.seed, threads: options.threads
            ) { dimensions in
                try options.checkCancellation()
                options.progress.update(
                    task, done: dimensions, total: nil, unit: "dimensions", note: "singular vectors")
            }
            factors = found.right
            let degrees = taken.transposed()
            for item in 0..<factors.rows {
                let root = Float(degrees.range(item).count).squareRoot()
                for place in 0..<factors.columns { factors.row(item)[place] *= root }
            }
        }
        ranking = HistoryRanking(
            GraphFilter(taken: taken, factors: factors, lowPass: Float(settings.lowPass)),
            popularity: Factors.popularity(histories, itemCount: data.items.count),
            shape: DatasetShape(data, windows: options.windows), recency: Float(settings.recency))
        options.progress.end(task, summary: "\(factors.columns) singular vectors")
        return clock.report(model: Self.kind, interactions: histories.count)
    }

    /// The items that the filtered history holds most of; popular ones where it holds nothing.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(N · factors + what the users who met the history took) a user
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try fitted().recommend(request, data: data)
    }

    /// The items that a history of one item alone is filtered to.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        try fitted().similarItems(to: items, k: k)
    }

    /// The scores of pairs, from the histories that the model was fitted on.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        try fitted().score(users: users, items: items, data: data)
    }

    private func fitted() throws -> HistoryRanking<GraphFilter> {
        guard let ranking else { throw notFitted(Self.kind) }
        return ranking
    }
}

// MARK: - On disk

extension GraphFilterModel {
    /// Writes the graph, the singular vectors, and the popularity that fills lists up.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        let ranking = try fitted()
        let (taken, factors) = (ranking.scorer.taken, ranking.scorer.factors)
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: ranking.shape.json,
            tensors: [
                StoredTensor("taken.offsets", shape: [taken.offsets.count], .int64(taken.offsets.map { Int64($0) })),
                StoredTensor("taken.items", shape: [taken.count], .int32(taken.indices)),
                StoredTensor("factors", shape: [factors.rows, factors.columns], .float(Array(factors.values))),
                StoredTensor("popularity", shape: [ranking.popularity.count], .float(ranking.popularity)),
            ])
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        let popularity = try file.floats("popularity", shape: [nil])
        let values = try file.floats("factors", shape: [popularity.count, nil])
        let taken = try SparseRows(
            stored: file.longIntegers("taken.offsets").map { Int($0) }, file.integers("taken.items"), nil,
            columns: popularity.count, what: "the interactions")
        let factors = Matrix(
            rows: popularity.count, columns: popularity.isEmpty ? 0 : values.count / popularity.count, values: values)
        ranking = HistoryRanking(
            GraphFilter(taken: taken, factors: factors, lowPass: Float(settings.lowPass)), popularity: popularity,
            shape: try DatasetShape(json: file.json("schema")), recency: Float(settings.recency))
    }
}
