import Core
import Pipeline
import Stores

/// Gives a recommendation request the newest features of its user out of the feature store: one read for all requests of
/// a batch.
public struct StoredUserFeatures: FeatureReader {
    private let store: FeatureStore
    private let plan: FeaturePlan
    private let user: FeatureEntity

    /// Looks up a service.
    ///
    /// - Parameter service: its features are named as the columns of the users table that the models were trained on.
    /// - Throws: `notFound` if there is no such service, `invalidConfiguration` if its features are of anything else
    ///   than one kind of entity.
    public init(_ store: FeatureStore, service: String) throws(MartletError) {
        self.store = store
        plan = try store.plan(service: service)
        guard plan.entities.count == 1, let user = plan.entities.first else {
            throw MartletError(
                .invalidConfiguration,
                "the feature service '\(service)' is of \(plan.entities.map(\.name).joined(separator: ", "))",
                hint: "a request knows its user: take features of that one entity")
        }
        self.user = user
    }

    /// See ``FeatureReader/isImmediate``.
    public var isImmediate: Bool { store.online.isImmediate }

    /// See ``FeatureReader/features(ofUsers:)``. What is past its time to live counts as absent.
    public func features(ofUsers users: [String]) async throws -> [FreshFeatures?] {
        let keys = users.map(key)
        let answer = try await store.features(plan, entities: [user.joinKey: keys.compactMap(\.self)])
        if let failure = answer.failure { throw failure }
        var row = 0
        return keys.map { key in
            guard key != nil else { return nil }
            defer { row += 1 }
            return Self.row(row, of: answer)
        }
    }

    /// A user's id as the entity types it; nil for one that cannot be such a key, of whom nothing can be known.
    private func key(_ id: String) -> FeatureValue? {
        switch user.type {
        case .string: .string(id)
        case .bytes: .bytes(Array(id.utf8))
        case .int32: Int32(id).map { .int32($0) }
        case .unixTimestamp: Int64(id).map { .unixTimestamp($0) }
        default: Int64(id).map { .int64($0) }
        }
    }

    private static func row(_ row: Int, of answer: OnlineFeatures) -> FreshFeatures? {
        var features = FreshFeatures(values: [:])
        for column in answer.columns where [.present, .nullValue].contains(column.statuses[row]) {
            features.values[column.name] = json(column.values[row])
            // Features of several views: as old as the oldest of them.
            features.time = min(features.time ?? .max, column.timestamps[row].microseconds)
        }
        return features.values.isEmpty ? nil : features
    }

    /// A value as the warehouse's column gives it: moments in microseconds.
    private static func json(_ value: FeatureValue) -> JSONValue {
        switch value {
        case .unixTimestamp(let seconds): .integer(FeatureTimestamp(seconds: seconds).microseconds)
        case .unixTimestampList(let values):
            .array(values.map { .integer(FeatureTimestamp(seconds: $0).microseconds) })
        default: value.json
        }
    }
}
