import Core
import Features
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// "Who bought this also bought": items are near when the same users took them.
///
/// score(u, i) = Σ_{j ∈ history(u)} w(u, j) · cos(j, i), over the neighbours that each item keeps; an item of the
/// history is near to itself by `self-similarity`, so that what is bought again and again is recommended again unless
/// it is excluded. Users without history get what is popular, far below any score made of neighbours.
///
/// Source: Sarwar et al., "Item-Based Collaborative Filtering Recommendation Algorithms" (2001); the implicit form is
/// that of Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms" (2004).
public struct ItemCosineModel: RetrievalModel {
    /// `item-cosine`.
    public static let kind = "item-cosine"

    /// How far the popular items that fill a list up lie below items that are neighbours.
    private static let fillScale: Float = 1e-6

    private let settings: ItemCosineHyperparameters
    private var shape: DatasetShape?
    private var neighborhoods = Neighborhoods(offsets: [0], items: [], similarities: [])
    /// Each item's share of the most popular item's weight.
    private var popularity: [Float] = []

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try ItemCosineHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = ItemCosineHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    public var hyperparameters: JSONValue { settings.json }

    /// Compares all pairs of items that meet in a history, and keeps each item's nearest.
    ///
    /// - Throws: `invalidData` for weights that are no positive numbers, `cancelled`.
    /// - Complexity: O(Σ over users of (distinct items)²), memory O(rows + N · neighbors)
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let incidence = IncidenceMatrix.make(histories, itemCount: data.items.count, settings: settings)
        neighborhoods = try Neighborhoods(
            incidence, k: settings.neighbors, shrinkage: Float(settings.shrinkage), threads: options.threads,
            isCancelled: options.isCancelled)
        var sums = [Float](repeating: 0, count: data.items.count)
        for entry in 0..<incidence.count { sums[Int(incidence.indices[entry])] += incidence.values?[entry] ?? 1 }
        let largest = max(sums.max() ?? 0, .leastNonzeroMagnitude)
        popularity = sums.map { $0 / largest }
        shape = DatasetShape(data, windows: options.windows)
        return clock.report(model: Self.kind, interactions: histories.count)
    }

    /// The items nearest to each user's history, filled up with what is popular.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(Σ over users of |history| · neighbors)
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        let histories = try histories(request, data)
        var lists = RankedLists(count: request.users.count, k: request.k)
        let itemCount = popularity.count
        let fill = Array(
            (0..<Int32(itemCount)).sorted { (popularity[Int($1)], $0) < (popularity[Int($0)], $1) })
        lists.items.withUnsafeMutableBufferPointer { items in
            lists.scores.withUnsafeMutableBufferPointer { scores in
                nonisolated(unsafe) let (items, scores) = (items, scores)
                parallelFor(request.users.count, grain: 16) { range, _ in
                    var row = ScoreRow(itemCount: itemCount)
                    var best = BestItems(k: request.k)
                    for index in range {
                        let user = request.history == nil ? request.users[index] : Int32(index)
                        add(histories, user: user, at: request.at, to: &row)
                        let hidden = Set(request.exclude?[index] ?? [])
                        func mayAppear(_ item: Int32) -> Bool {
                            request.allowed?[Int(item)] ?? true && !hidden.contains(item)
                        }
                        for item in row.touched where mayAppear(item) {
                            best.offer(item, score: row.sums[Int(item)] + Self.fillScale * popularity[Int(item)])
                        }
                        var left = request.k
                        for item in fill where left > 0 && row.sums[Int(item)] == 0 && mayAppear(item) {
                            best.offer(item, score: Self.fillScale * popularity[Int(item)])
                            left -= 1
                        }
                        for (rank, entry) in best.drain().enumerated() {
                            items[index * request.k + rank] = entry.item
                            scores[index * request.k + rank] = entry.score
                        }
                        row.clear()
                    }
                }
            }
        }
        return lists
    }

    /// Each item's neighbours, nearest first; at most `neighbors` of them, and never the item itself.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard shape != nil else { throw notFitted(Self.kind) }
        try checkIndices(items, in: 0..<popularity.count, of: "item")
        var lists = RankedLists(count: items.count, k: k)
        for (row, item) in items.enumerated() {
            for (rank, place) in neighborhoods.range(Int(item)).prefix(k).enumerated() {
                lists.items[row * k + rank] = neighborhoods.items[place]
                lists.scores[row * k + rank] = neighborhoods.similarities[place]
            }
        }
        return lists
    }

    /// The scores of pairs, for the moment at which the validation window begins.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        let request = RecommendationRequest(users: users, k: 1, at: data.split.validationStart)
        let histories = try histories(request, data)
        var row = ScoreRow(itemCount: popularity.count)
        return zip(users, items).map { user, item in
            row.clear()
            add(histories, user: user, at: request.at, to: &row)
            return row.sums[Int(item)] + Self.fillScale * popularity[Int(item)]
        }
    }
}

// MARK: - Scoring

extension ItemCosineModel {
    /// One user's scores of all items, and which of them are not 0.
    private struct ScoreRow {
        var sums: [Float]
        var touched: [Int32] = []

        init(itemCount: Int) { sums = [Float](repeating: 0, count: itemCount) }

        mutating func add(_ item: Int32, _ score: Float) {
            if sums[Int(item)] == 0, score != 0 { touched.append(item) }
            sums[Int(item)] += score
        }

        mutating func clear() {
            for item in touched { sums[Int(item)] = 0 }
            touched.removeAll(keepingCapacity: true)
        }
    }

    private func add(_ histories: UserHistories, user: Int32, at: Int64, to row: inout ScoreRow) {
        let decay = TimeDecay(halfLife: settings.historyHalfLife)
        var interest: [Int32: Float] = [:]
        for entry in histories.entries(of: user).reversed() {
            let item = histories.items[entry]
            guard interest.count < settings.longestHistory || interest[item] != nil else { continue }
            interest[item, default: 0] +=
                histories.weights[entry] * Float(decay.weight(of: histories.times[entry], at: at))
        }
        for (item, sum) in interest.sorted(by: { $0.key < $1.key }) {
            let weight: Float
            switch settings.weighting {
            case .log: weight = log1p(sum)
            case .none, .bm25: weight = settings.historyHalfLife == nil ? 1 : sum
            }
            row.add(item, weight * Float(settings.selfSimilarity))
            for place in neighborhoods.range(Int(item)) {
                row.add(neighborhoods.items[place], weight * neighborhoods.similarities[place])
            }
        }
    }

    private func histories(_ request: RecommendationRequest, _ data: InteractionDataset) throws -> UserHistories {
        guard let shape else { throw notFitted(Self.kind) }
        try shape.check(data)
        guard popularity.count == data.items.count else {
            throw MartletError(
                .invalidData, "the model knows \(popularity.count) items, the dataset has \(data.items.count)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        if let history = request.history {
            return UserHistories(history, times: request.historyTimes, at: request.at)
        }
        return try UserHistories(data, windows: shape.windows)
    }
}

// MARK: - On disk

extension ItemCosineModel {
    /// Writes the neighbours, and the popularity that fills lists up.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        guard let shape else { throw notFitted(Self.kind) }
        let count = neighborhoods.items.count
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: shape.json,
            tensors: [
                StoredTensor(
                    "neighbors.offsets", shape: [neighborhoods.offsets.count],
                    .int64(neighborhoods.offsets.map { Int64($0) })),
                StoredTensor("neighbors.items", shape: [count], .int32(neighborhoods.items)),
                StoredTensor("neighbors.similarities", shape: [count], .float(neighborhoods.similarities)),
                StoredTensor("popularity", shape: [popularity.count], .float(popularity)),
            ])
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        shape = try DatasetShape(json: file.json("schema"))
        popularity = try file.floats("popularity", shape: [nil])
        let items = try file.integers("neighbors.items")
        let offsets = try file.longIntegers("neighbors.offsets").map { Int($0) }
        guard offsets.count == popularity.count + 1, offsets.first == 0, offsets.last == items.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
            items.allSatisfy({ $0 >= 0 && Int($0) < popularity.count })
        else { throw MartletError(.corrupted, "the neighbours in \(folder) point outside the catalogue") }
        neighborhoods = Neighborhoods(
            offsets: offsets, items: items,
            similarities: try file.floats("neighbors.similarities", shape: [items.count]))
    }
}
