import Core
import Features
import Tensor

/// EASE: a linear autoencoder without hidden layer, solved in closed form.
///
/// min_B ‖X − X B‖² + λ ‖B‖² with a diagonal of zeros, where X is the `U × N` matrix of who took what. With
/// P = (XᵀX + λ I)⁻¹:
///
/// B(j, i) = −P(j, i) / P(i, i), score(u, i) = Σ_{j ∈ history(u)} B(j, i)
///
/// The inverse is made in place on half of the matrix: 2 · n² bytes for n items, n³ multiplications and additions.
/// `maximum-items` bounds n. Of each row of B the `neighbors` largest weights are kept.
///
/// Source: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019).
public struct EASEModel: RetrievalModel {
    /// `ease`.
    public static let kind = "ease"

    private let settings: EASEHyperparameters
    private var ranking: HistoryRanking<ItemWeights>?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try EASEHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = EASEHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in: `regularization`, `neighbors`, `maximum-items` and `recency`.
    public var hyperparameters: JSONValue { settings.json }

    /// Counts who took what together, inverts, and keeps the largest weights.
    ///
    /// - Throws: `invalidData` for weights that are no positive numbers, `failedCheck` if the regularisation is too
    ///   small for single precision, `cancelled`.
    /// - Complexity: O(n³ + Σ over users of |history|²) with n items, memory 2 · n² bytes
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let taken = histories.distinctItems(itemCount: data.items.count)
        let task = "train \(Self.kind)"
        options.progress.begin(task)
        // Items stand by frequency: the first are the most frequent.
        let items = min(data.items.count, settings.maximumItems)
        let matrix = GramMatrix.make(taken, items: items, diagonal: Float(settings.regularization), options: options)
        var told = -1
        try matrix.invert(threads: options.threads) { done, total in
            try options.checkCancellation()
            let percent = 100 * done / total
            guard percent > told else { return }
            told = percent
            options.progress.update(task, done: percent, total: 100, unit: "percent", note: "inverse of \(items) items")
        }
        ranking = HistoryRanking(
            ItemWeights(weights(matrix, itemCount: data.items.count, threads: options.threads)),
            popularity: Factors.popularity(histories, itemCount: data.items.count),
            shape: DatasetShape(data, windows: options.windows), recency: Float(settings.recency))
        options.progress.end(task, summary: "\(items) items")
        return clock.report(model: Self.kind, interactions: histories.count)
    }

    /// B's largest weights from P.
    private func weights(_ inverse: SymmetricTiles, itemCount: Int, threads: Int?) -> SparseRows {
        let items = inverse.order
        let diagonal = (0..<items).map { inverse[$0, $0] }
        var kept = [[(item: Int32, weight: Float)]](repeating: [], count: itemCount)
        kept.withUnsafeMutableBufferPointer { kept in
            nonisolated(unsafe) let kept = kept
            parallelFor(items, grain: 16, threads: threads) { range, _ in
                let row = Matrix(rows: 1, columns: items)
                let size = Matrix(rows: 1, columns: items)
                var best = BestItems(k: settings.neighbors)
                for item in range {
                    inverse.copyRow(item, into: row.pointer)
                    for other in 0..<items {
                        row.values[other] = -row.values[other] / diagonal[other]
                        size.values[other] = row.values[other] == 0 ? .nan : abs(row.values[other])
                    }
                    size.values[item] = .nan
                    best.offer(all: UnsafeBufferPointer(size.values))
                    kept[item] = best.drain().map { ($0.item, row.values[Int($0.item)]) }.sorted { $0.0 < $1.0 }
                }
            }
        }
        var offsets = [0]
        for row in kept { offsets.append(offsets.last! + row.count) }
        return SparseRows(
            columns: itemCount, offsets: offsets, indices: kept.flatMap { $0.map(\.item) },
            values: kept.flatMap { $0.map(\.weight) })
    }

    /// The items that each user's history speaks for most; popular ones where it says nothing.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(N + |history| · neighbors) a user
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

extension EASEModel {
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
