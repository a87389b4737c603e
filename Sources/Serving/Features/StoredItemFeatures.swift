import Core
import Pipeline
import Stores

/// Gives a recommendation request the newest features of its candidates out of the feature store: one read for all
/// candidates of a batch.
public struct StoredItemFeatures: ItemFeatureReader {
    private let store: FeatureStore
    private let plan: FeaturePlan
    private let item: FeatureEntity
    /// Tells when features change, so that they are read anew only then; nil: they are read for every request.
    public let changes: ItemFeatureChanges?

    /// The names of the service's features.
    public var names: [String] { plan.names }

    /// Looks up a service.
    ///
    /// - Parameters:
    ///   - service: its features are named as the columns that filters ask for, and that models were trained on.
    ///   - keeps: whether what was read is kept until it changes, where the store tells of changes.
    /// - Throws: `notFound` if there is no such service, `invalidConfiguration` if its features are of anything else
    ///   than one kind of entity.
    public init(_ store: FeatureStore, service: String, keeps: Bool = true) throws(MartletError) {
        self.store = store
        plan = try store.plan(service: service)
        guard plan.entities.count == 1, let item = plan.entities.first else {
            throw MartletError(
                .invalidConfiguration,
                "the feature service '\(service)' is of \(plan.entities.map(\.name).joined(separator: ", "))",
                hint: "candidates are items: take features of that one entity")
        }
        self.item = item
        let (type, ttl) = (item.type, plan.views.compactMap(\.ttl).min())
        changes = (keeps ? store.changes(of: item) : nil).map { changes in
            ItemFeatureChanges(
                changes, id: { store.entity(item, ofKey: $0)?.keyText },
                isTold: { FeatureValue(key: $0, type: type)?.keyText == $0 },
                shortestTTL: ttl, now: { store.now })
        }
    }

    /// See ``ItemFeatureReader/isImmediate``.
    public var isImmediate: Bool { store.online.isImmediate }

    /// See ``ItemFeatureReader/features(ofItems:)``.
    public func features(ofItems items: [String]) async throws -> OnlineFeatures {
        let keys = items.map { FeatureValue(key: $0, type: item.type) }
        if !keys.contains(where: { $0 == nil }) {
            return try await store.features(plan, entities: [item.joinKey: keys.compactMap(\.self)])
        }
        // An id that cannot be a key is one of which nothing is known.
        let known = keys.indices.filter { keys[$0] != nil }
        var answer = try await store.features(plan, entities: [item.joinKey: known.map { keys[$0]! }])
        for place in answer.columns.indices {
            let found = answer.columns[place]
            answer.columns[place].values = Array(repeating: .null, count: items.count)
            answer.columns[place].statuses = Array(repeating: .notFound, count: items.count)
            answer.columns[place].timestamps = Array(repeating: FeatureTimestamp(seconds: 0), count: items.count)
            for (row, item) in known.enumerated() {
                answer.columns[place].values[item] = found.values[row]
                answer.columns[place].statuses[item] = found.statuses[row]
                answer.columns[place].timestamps[item] = found.timestamps[row]
            }
        }
        return answer
    }
}

extension FeatureValue {
    /// The id that a key stands for.
    var keyText: String? {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .int32(let number): String(number)
        case .int64(let number), .unixTimestamp(let number): String(number)
        default: nil
        }
    }

    /// An id as the key of an entity of a type; nil for one that cannot be such a key.
    init?(key id: String, type: FeatureType) {
        switch type {
        case .string: self = .string(id)
        case .bytes: self = .bytes(Array(id.utf8))
        case .int32:
            guard let number = Int32(id) else { return nil }
            self = .int32(number)
        case .unixTimestamp:
            guard let number = Int64(id) else { return nil }
            self = .unixTimestamp(number)
        default:
            guard let number = Int64(id) else { return nil }
            self = .int64(number)
        }
    }
}
