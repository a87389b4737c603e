import Core
import Features
import Synchronization
import Tensor

/// SLIM: each item's score is a sparse sum of the items in the history, fitted as a regression for each item.
///
/// min_W ½ ‖X − X W‖² + β/2 ‖W‖² + λ Σ |W| with W ≥ 0 and a diagonal of zeros, where X is the `U × N` matrix of who took
/// what; score(u, i) = Σ_{j ∈ history(u)} W(j, i).
///
/// Columns are problems of their own, solved by coordinate descent over the items that met the target; see
/// ``SLIMColumn``.
///
/// Source: Ning and Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems" (ICDM 2011).
public struct SLIMModel: RetrievalModel {
    /// `slim`.
    public static let kind = "slim"

    private let settings: SLIMHyperparameters
    private var ranking: HistoryRanking<ItemWeights>?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try SLIMHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = SLIMHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in: `l1`, `l2`, `nonnegative`, `tolerance`, `sweeps` and
    /// `recency`.
    public var hyperparameters: JSONValue { settings.json }

    /// Counts who took what together, and solves for each item.
    ///
    /// - Throws: `invalidData` for weights that are no positive numbers, `cancelled`.
    /// - Complexity: memory O(pairs of items that meet); for each item a few dozen sweeps over the weights that are not
    ///   0, each a sum over its candidates.
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let task = "train \(Self.kind)"
        options.progress.begin(task)
        let gram = try Cooccurrences.make(histories.distinctItems(itemCount: data.items.count), options: options)
        let weights = try solve(gram, options, task)
        ranking = HistoryRanking(
            ItemWeights(weights), popularity: Factors.popularity(histories, itemCount: data.items.count),
            shape: DatasetShape(data, windows: options.windows), recency: Float(settings.recency))
        options.progress.end(task, summary: "\(weights.count) weights")
        return clock.report(model: Self.kind, interactions: histories.count)
    }

    /// All columns of W, as the rows of its transpose are found and then turned.
    private func solve(_ gram: SparseRows, _ options: TrainingOptions, _ task: String) throws -> SparseRows {
        let count = gram.columns
        var columns = [[(item: Int32, weight: Float)]](repeating: [], count: count)
        let next = Atomic(0)
        let block = 16
        try columns.withUnsafeMutableBufferPointer { columns in
            nonisolated(unsafe) let columns = columns
            // Blocks are handed out as threads become free: a column is the work of one thread whoever that is.
            try parallelFor(
                min((count + block - 1) / block, options.threads ?? Threads.count), threads: options.threads
            ) { _, _ in
                var column = SLIMColumn(gram, settings)
                while true {
                    let start = next.add(1, ordering: .relaxed).oldValue * block
                    guard start < count else { break }
                    try options.checkCancellation()
                    options.progress.update(task, done: start, total: count, unit: "items", note: "")
                    for item in start..<min(start + block, count) { columns[item] = column.solve(item) }
                }
            }
        }
        var offsets = [0]
        for column in columns { offsets.append(offsets.last! + column.count) }
        return SparseRows(
            columns: count, offsets: offsets, indices: columns.flatMap { $0.map(\.item) },
            values: columns.flatMap { $0.map(\.weight) }
        ).transposed()
    }

    /// The items that each user's history speaks for most; popular ones where it says nothing.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(N + weights of the history's items) a user
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try fitted().recommend(request, data: data)
    }

    /// The items that each item speaks for most.
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

    private func fitted() throws -> HistoryRanking<ItemWeights> {
        guard let ranking else { throw notFitted(Self.kind) }
        return ranking
    }
}

// MARK: - On disk

extension SLIMModel {
    /// Writes the weights, and the popularity that fills lists up.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        try fitted().save(to: folder, kind: Self.kind, hyperparameters: hyperparameters)
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        ranking = try HistoryRanking(file, recency: settings.recency)
    }
}
