import Core
import Features
import Tensor

/// What sells now: every user, or every user of a segment, gets the same list.
///
/// score(i) = Σ weight · 2^(−age / half-life) over the purchases of item `i`, age counted from the last purchase that
/// was learned from. With a segment, the purchases of the segment's users count, and the shop's own popularity is
/// mixed in with the weight of `smoothing` purchases:
///
/// score(s, i) = n(s, i) + smoothing · n(i) / Σ n
///
/// No shop is so small that this baseline is not worth printing beside the deep model.
public struct PopularityModel: RetrievalModel {
    /// `popularity`.
    public static let kind = "popularity"

    private let settings: PopularityHyperparameters
    private var shape: DatasetShape?
    /// Scores of all users together, one an item.
    private var scores: [Float] = []
    /// Scores of each segment, `segments × N`; empty without segments.
    private var segmentScores: [[Float]] = []

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try PopularityHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = PopularityHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in: `half-life`, `segment` and `smoothing`.
    public var hyperparameters: JSONValue { settings.json }

    /// Adds up what was bought, in one pass over the windows.
    ///
    /// - Throws: `invalidConfiguration` for a `segment` that is no categorical user feature, `cancelled`.
    /// - Complexity: O(rows + segments · N)
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let parts = try options.windows.map { try data.interactions($0) }
        let codes = try segmentCodes(data)
        let segments = codes?.cardinality ?? 0
        let itemCount = data.items.count
        var totals = [Double](repeating: 0, count: itemCount)
        var bySegment = [Double](repeating: 0, count: segments * itemCount)
        let end = parts.compactMap { $0.times.values.max() }.max() ?? 0
        let decay = TimeDecay(halfLife: settings.halfLife)
        for part in parts {
            try options.checkCancellation()
            for row in 0..<part.count where part.items[row] >= 0 {
                let item = Int(part.items[row])
                let weight = Double(part.weights[row]) * decay.weight(of: part.times[row], at: end)
                totals[item] += weight
                if let codes, part.users[row] >= 0 {
                    bySegment[Int(codes.values[Int(part.users[row])]) * itemCount + item] += weight
                }
            }
        }
        scores = totals.map { Float($0) }
        let whole = max(totals.reduce(0, +), .leastNonzeroMagnitude)
        segmentScores = (0..<segments).map { segment in
            (0..<itemCount).map {
                Float(bySegment[segment * itemCount + $0] + settings.smoothing * totals[$0] / whole)
            }
        }
        shape = DatasetShape(data, windows: options.windows)
        return clock.report(model: Self.kind, interactions: parts.reduce(0) { $0 + $1.count })
    }

    /// The best sellers of each user's segment, or of the shop; a list is shorter than `k` where items run out.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(segments · N · log N + users · (k + excluded))
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try checkFitted(data)
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let codes = try segmentCodes(data)
        // One order of the catalogue serves every user of a segment.
        var orders: [Int: [Int32]] = [:]
        var lists = RankedLists(count: request.users.count, k: request.k)
        for (row, user) in request.users.enumerated() {
            let segment = codes.flatMap { user >= 0 ? Int($0.values[Int(user)]) : nil } ?? -1
            let scores = scores(ofSegment: segment)
            let order = orders[segment] ?? Self.order(of: scores)
            orders[segment] = order
            let hidden = Set(request.exclude?[row] ?? [])
            var rank = 0
            for item in order where request.allowed?[Int(item)] ?? true && !hidden.contains(item) {
                lists.items[row * request.k + rank] = item
                lists.scores[row * request.k + rank] = scores[Int(item)]
                rank += 1
                if rank == request.k { break }
            }
        }
        return lists
    }

    /// Every segment's list, for users who have no list of their own: the first row is the whole shop's, row `s + 1`
    /// is that of the segment with code `s`.
    ///
    /// - Parameter allowed: one truth value an item; nil allows all.
    /// - Throws: `invalidData` if the model was not fitted.
    public func fallbacks(k: Int, allowed: [Bool]? = nil) throws -> RankedLists {
        guard shape != nil else { throw notFitted(Self.kind) }
        var lists = RankedLists(count: segmentScores.count + 1, k: k)
        for (row, scores) in ([scores] + segmentScores).enumerated() {
            let order = Self.order(of: scores).filter { allowed?[Int($0)] ?? true }
            for (rank, item) in order.prefix(k).enumerated() {
                lists.items[row * k + rank] = item
                lists.scores[row * k + rank] = scores[Int(item)]
            }
        }
        return lists
    }

    /// Popularity knows no likeness: every list is empty.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard shape != nil else { throw notFitted(Self.kind) }
        try checkIndices(items, in: 0..<scores.count, of: "item")
        return RankedLists(count: items.count, k: k)
    }

    /// How well each pair's item sells in the pair's user's segment.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        try checkFitted(data)
        try checkIndices(users, in: -1..<data.users.count, of: "user")
        try checkIndices(items, in: 0..<scores.count, of: "item")
        let codes = try segmentCodes(data)
        return zip(users, items).map { user, item in
            let segment = codes.flatMap { user >= 0 ? Int($0.values[Int(user)]) : nil } ?? -1
            return scores(ofSegment: segment)[Int(item)]
        }
    }
}

// MARK: - Segments

extension PopularityModel {
    private func scores(ofSegment segment: Int) -> [Float] {
        segmentScores.indices.contains(segment) ? segmentScores[segment] : scores
    }

    /// The items from best to worst, ties by lower index.
    private static func order(of scores: [Float]) -> [Int32] {
        (0..<Int32(scores.count)).sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }
    }

    /// The segment of every user; nil without segments.
    private func segmentCodes(_ data: InteractionDataset) throws -> EntityCodes? {
        guard let segment = settings.segment else { return nil }
        let codes = try EntityCodes(segment, of: data.users, kind: "user")
        guard codes.cardinality <= 4096 else {
            throw MartletError(
                .invalidConfiguration, "'segment: \(segment)' has \(codes.cardinality) values; a list is kept for each",
                hint: "choose a feature with at most 4096 values, such as an age group")
        }
        return codes
    }

    private func checkFitted(_ data: InteractionDataset) throws {
        guard let shape else { throw notFitted(Self.kind) }
        try shape.check(data)
        guard scores.count == data.items.count else {
            throw MartletError(
                .invalidData, "the model knows \(scores.count) items, the dataset has \(data.items.count)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
    }
}

// MARK: - On disk

extension PopularityModel {
    /// Writes the scores of the shop and of each segment.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        guard let shape else { throw notFitted(Self.kind) }
        let segments = StoredTensor(
            "segment-scores", shape: [segmentScores.count, scores.count], .float(segmentScores.flatMap { $0 }))
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: shape.json,
            tensors: [StoredTensor("scores", shape: [scores.count], .float(scores)), segments])
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        shape = try DatasetShape(json: file.json("schema"))
        scores = try file.floats("scores", shape: [nil])
        let flat = try file.floats("segment-scores", shape: [nil, scores.count])
        segmentScores =
            scores.isEmpty
            ? []
            : stride(from: 0, to: flat.count, by: scores.count).map { Array(flat[$0..<$0 + scores.count]) }
    }
}
