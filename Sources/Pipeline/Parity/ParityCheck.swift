import Core
import Features
import Index
import Models
import Stores
import Tensor

/// Replays what serving computes through training's path and compares value by value.
///
/// Training encodes a table at once and scores the whole catalogue; serving encodes a row at a time, searches an index,
/// and scores candidates whose items' part was computed when the bundle was loaded. Both must come to the same.
public struct ParityCheck: Sendable {
    /// What was found so far.
    public private(set) var report = ParityReport()
    /// The largest difference of scores that is no difference, relative to the score where that is above 1: the order of
    /// sums in a product of matrices is free.
    public var tolerance = 1e-4

    private let bundle: ServedBundle
    private let configuration: PipelineConfiguration
    private let histories: UserHistories
    private let tower: (any RetrievalModel)?
    private let rankers: [String: any RetrievalModel]

    /// Prepares for a bundle.
    ///
    /// - Throws: what loading its models throws.
    public init(_ bundle: ServedBundle, folder: String, configuration: PipelineConfiguration) throws {
        self.bundle = bundle
        self.configuration = configuration
        histories = try UserHistories(bundle.data, windows: Window.allCases)
        tower = try configuration.tower.map { _ in try ModelRegistry.load(folder: "\(folder)/retrieval") }
        var rankers: [String: any RetrievalModel] = [:]
        for name in configuration.rankers {
            let isOther = bundle.manifest.otherRankers?.contains { $0.name == name } ?? false
            rankers[name] = try ModelRegistry.load(folder: "\(folder)/\(isOther ? "ranking-\(name)" : "ranking")")
        }
        self.rankers = rankers
    }

    /// Notes what could not be compared.
    public mutating func note(_ text: String) { report.notes.append(text) }

    // MARK: - Features

    /// Compares rows as they come at serving with the dataset's encoded ones.
    ///
    /// - Parameters:
    ///   - rows: source columns by name, for ids of the group; ids that the dataset does not have are passed over.
    ///   - kept: whether a column that the row lacks keeps the dataset's value.
    /// - Complexity: O(rows · features)
    public mutating func compareFeatures(
        _ group: FeatureGroup, _ rows: [(id: String, values: [String: JSONValue])]
    ) throws {
        let entities = group == .user ? bundle.data.users : bundle.data.items
        let workflow = bundle.data.workflow
        guard let trained = entities.features else { return }
        for row in rows {
            guard let index = entities.index(of: row.id) else { continue }
            let subject = "\(group.rawValue) \(row.id)"
            let encoded: EncodedRow
            do {
                encoded = try workflow.encode(row: row.values, group: group)
            } catch let error as MartletError {
                report.count(.features)
                report.differ(.features, "all", subject, trained: "encoded", served: error.message)
                continue
            }
            for feature in workflow.features(group) {
                let name = feature.name
                report.count(.features)
                let ours = Self.values(try trained.column(name), index)
                let theirs = Self.values(try encoded.table.column(name), 0)
                guard ours != theirs else { continue }
                report.differ(.features, name, subject, trained: Self.text(ours), served: Self.text(theirs))
            }
        }
    }

    private static func values(_ column: Column, _ row: Int) -> [Double] {
        let range = column.listOffsets.map { Int($0[row])..<Int($0[row + 1]) } ?? row..<(row + 1)
        return switch column.values {
        case .int32(let values): range.map { Double(values[$0]) }
        case .int64(let values), .timestamp(let values): range.map { Double(values[$0]) }
        case .float32(let values): range.map { Double(values[$0]) }
        case .float64(let values): range.map { values[$0] }
        case .bool(let values): range.map { Double(values[$0]) }
        case .string: []
        }
    }

    private static func text(_ values: [Double]) -> String {
        values.count == 1 ? "\(values[0])" : "[\(values.map { "\($0)" }.joined(separator: ", "))]"
    }

    // MARK: - Scores

    /// Compares histories and scores for users who did nothing since the bundle was made.
    ///
    /// - Parameters:
    ///   - wall: the moment, in seconds since 1970.
    ///   - width: how many of each user's items are compared.
    /// - Complexity: O(users · N · network)
    public mutating func compareScores(users: [String], wall: Int64, width: Int = 100) throws {
        let now = wall - bundle.manifest.clockOffset
        for user in users {
            let request = PipelineRequest(user: user)
            let visitor = Visitor(request, bundle: bundle, activity: UserActivity(), now: now)
            let batch = RequestBatch(
                requests: [request], visitors: [visitor], lengths: [width], filters: [[]], now: now, bundle: bundle)
            let trained = history(of: visitor.index, events: [], now: now)
            report.count(.histories)
            let bounded = trained.suffix(visitor.history.count)
            if visitor.history.map(\.item) != bounded.map(\.item) || visitor.history.map(\.time) != bounded.map(\.time)
                || visitor.history.count < min(trained.count, configuration.historyLength)
            {
                report.differ(
                    .histories, "history", "user \(user)", trained: "\(trained.count) contacts",
                    served: "\(visitor.history.count) contacts")
            }
            let training = trainingRequest(visitor.index, trained, now: now)
            try compareVectors(user, batch, training, width: width)
            for (name, model) in rankers.sorted(by: { $0.key < $1.key }) {
                guard let scorer = bundle.rankers[name] else { continue }
                let scores = try Self.scores(model, training, bundle.data)
                let items = Array(scores.keys.sorted { (scores[$1]!, $0) < (scores[$0]!, $1) }.prefix(width))
                let served = try scorer.scores(
                    of: SparseRows(columns: bundle.data.items.count, offsets: [0, items.count], indices: items),
                    for: batch.modelRequest(k: 1), features: nil, items: [])
                for (item, score) in zip(items, served) { compare(.scores, name, user, item, scores[item]!, score) }
            }
        }
    }

    private mutating func compareVectors(
        _ user: String, _ batch: RequestBatch, _ training: RecommendationRequest, width: Int
    ) throws {
        guard let index = bundle.index, let queries = bundle.tower, let tower, index.count > 0 else { return }
        let request = batch.modelRequest(k: width)
        let query = try queries.queries(request)
        // Nothing is known of the user, or, for iALS, what was learned of one who brings no history is taken instead.
        guard query.row(0).contains(where: { $0 != 0 }), !(batch.visitors[0].history.isEmpty && tower.kind == "ials")
        else { return }
        let scores = try Self.scores(tower, training, bundle.data)
        let owed = try queries.repeats(request)?.first ?? []
        let found = try index.search(query, k: min(width, index.count))
        for (item, score) in zip(found[0], found.scores(0)) where item >= 0 {
            guard let trained = scores[item] else { continue }
            let bonus = owed.first { $0.item == item }?.bonus ?? 0
            compare(.vectors, configuration.tower ?? tower.kind, user, item, trained, score + bonus, slack: 10)
        }
    }

    private mutating func compare(
        _ kind: ParityReport.Kind, _ model: String, _ user: String, _ item: Int32, _ trained: Float, _ served: Float,
        slack: Double = 1
    ) {
        report.count(kind)
        let distance = abs(Double(trained) - Double(served))
        if distance <= slack * tolerance * max(1, abs(Double(trained))) || trained == served { return }
        report.differ(
            kind, model, "user \(user), item \(bundle.id(item))", trained: "\(trained)", served: "\(served)")
    }

    /// The scores of the whole catalogue as training computes them.
    private static func scores(
        _ model: any RetrievalModel, _ request: RecommendationRequest, _ data: InteractionDataset
    ) throws -> [Int32: Float] {
        let lists = try model.recommend(request, data: data)
        return Dictionary(zip(lists[0], lists.scores(0)).filter { $0.0 >= 0 }) { first, _ in first }
    }

    private func trainingRequest(
        _ user: Int32, _ history: [(item: Int32, time: Int64)], now: Int64
    ) -> RecommendationRequest {
        RecommendationRequest(
            users: [user], k: max(bundle.data.items.count, 1), at: now,
            history: SparseRows(
                columns: bundle.data.items.count, offsets: [0, history.count], indices: history.map(\.item)),
            historyTimes: history.map(\.time))
    }

    /// What training knows of a user, and what events told since.
    private func history(
        of user: Int32, events: [(item: Int32, time: Int64)], now: Int64
    ) -> [(item: Int32, time: Int64)] {
        var found = user >= 0 ? histories.contacts(of: user, last: .max) : []
        for event in events where !found.contains(where: { $0 == event }) { found.append(event) }
        if !events.isEmpty { found.sort { $0.time < $1.time } }
        return found
    }

    // MARK: - Logged answers

    /// Compares the scores that a server logged with those of training's path at the same moment.
    ///
    /// Only answers of the bundle's version count whose scores are a model's: a rule such as a boost changes them.
    ///
    /// - Parameters:
    ///   - events: what the users did, in the order in which the log has it.
    ///   - most: at most so many answers, evenly spread.
    /// - Complexity: O(answers · N · network + events)
    public mutating func compare(logged answers: [LoggedAnswer], events: [EventRecord], most: Int) throws {
        var fitting: [(answer: LoggedAnswer, ranker: String, pinned: Set<String>)] = []
        var reasons: [String: Int] = [:]
        for answer in answers {
            switch origin(of: answer) {
            case .success(let found): fitting.append((answer, found.ranker, found.pinned))
            case .failure(let reason): reasons[reason.text, default: 0] += 1
            }
        }
        for (reason, count) in reasons.sorted(by: { $0.key < $1.key }) {
            report.notes.append("\(count) of \(answers.count) logged answers are not compared: \(reason)")
        }
        let byUser = Dictionary(grouping: events.enumerated(), by: \.element.event.user)
        let step = max(1, fitting.count / max(most, 1))
        for place in stride(from: 0, to: fitting.count, by: step).prefix(most) {
            let (answer, ranker, pinned) = fitting[place]
            let now = answer.time / 1_000_000 - bundle.manifest.clockOffset
            let known = (byUser[answer.user] ?? []).map(\.element).filter { $0.received <= answer.time }
            let contacts = known.compactMap { record -> (item: Int32, time: Int64)? in
                guard record.event.kind != .impression, bundle.learnedKinds.contains(record.event.kind),
                    let item = bundle.data.items.index(of: record.event.item)
                else { return nil }
                return (Int32(item), record.event.time / 1_000_000 - bundle.manifest.clockOffset)
            }
            let looked =
                !bundle.learnedKinds.contains(.view)
                ? []
                : answer.context.compactMap { bundle.data.items.index(of: $0) }.map { (item: Int32($0), time: now) }
            let user = Int32(bundle.data.users.index(of: answer.user) ?? -1)
            let scores = try Self.scores(
                rankers[ranker]!,
                trainingRequest(user, history(of: user, events: contacts + looked, now: now), now: now),
                bundle.data)
            for item in answer.items where !pinned.contains(item.item) {
                guard let index = bundle.data.items.index(of: item.item), let trained = scores[Int32(index)] else {
                    continue
                }
                compare(.logged, ranker, answer.user, Int32(index), trained, item.score)
            }
        }
    }

    private struct Reason: Error { var text: String }

    /// The model whose scores an answer holds.
    private func origin(of answer: LoggedAnswer) -> Result<(ranker: String, pinned: Set<String>), Reason> {
        guard answer.version == bundle.version else { return .failure(Reason(text: "they are of another version")) }
        guard answer.skipped.isEmpty else { return .failure(Reason(text: "they do without a stage")) }
        guard let own = configuration.plan.configuration(answer.variants, base: configuration) else {
            return .failure(Reason(text: "their variants are none of martlet.yml, or two share them"))
        }
        guard let ranker = own.ranker else { return .failure(Reason(text: "no model ranks them")) }
        var pinned: Set<String> = []
        for rule in own.rerankers {
            switch rule {
            case .boost, .freshness, .priceBand: return .failure(Reason(text: "a rule changes their scores"))
            case .pin(let item, _): pinned.insert(item)
            case .mmr, .categoryCap, .exposureFloor, .explore: break
            }
        }
        return .success((ranker, pinned))
    }
}

extension ExperimentPlan {
    /// The pipeline that answers users of these variants; nil if there is none, or if two variants share the answer.
    func configuration(_ variants: [String: String], base: PipelineConfiguration) -> PipelineConfiguration? {
        var key = experiments.map { _ in UInt8(0) }
        for (name, variant) in variants {
            guard let place = experiments.firstIndex(where: { $0.name == name }),
                experiments[place].kind == .split,
                let number = experiments[place].variants.firstIndex(where: { $0.name == variant })
            else { return nil }
            key[place] = UInt8(number) + 1
        }
        return key.allSatisfy { $0 == 0 } ? base : configurations[key]
    }
}
