import Core
import Synchronization

/// The features of a project as a page asks for them: definitions, and the store that holds the newest values.
///
/// ```swift
/// let plan = try store.plan(["user_stats:ctr", "user_stats:age"])
/// let answer = await store.features(plan, entities: ["user_id": [.int64(77), .int64(78)]])
/// ```
public final class FeatureStore: Sendable {
    /// What the project says of its features.
    public let definitions: FeatureDefinitions
    /// Where the values are.
    public let online: any OnlineStore
    private let clock: @Sendable () -> FeatureTimestamp
    private let counts: Mutex<(views: [String: FeatureCounts], failures: Int)> = Mutex(([:], 0))

    /// Puts definitions and a store together.
    ///
    /// - Parameter clock: tells the time, by which values are too old; the system's unless a test has another.
    public init(
        _ definitions: FeatureDefinitions, online: any OnlineStore,
        clock: @escaping @Sendable () -> FeatureTimestamp = { .now }
    ) {
        self.definitions = definitions
        self.online = online
        self.clock = clock
    }

    /// How many features were asked for since the start, by view, and what became of them.
    public var statistics: [String: FeatureCounts] { counts.withLock { $0.views } }

    /// How many reads the store did not answer.
    public var failures: Int { counts.withLock { $0.failures } }

    /// Looks up features by reference; see ``FeaturePlan``.
    ///
    /// - Throws: `notFound`, `invalidData`.
    public func plan(_ features: [String], fullNames: Bool = false) throws(MartletError) -> FeaturePlan {
        try FeaturePlan(features, of: definitions, fullNames: fullNames)
    }

    /// Looks up the features of a service.
    ///
    /// - Throws: `notFound`, `invalidData`.
    public func plan(service: String, fullNames: Bool = false) throws(MartletError) -> FeaturePlan {
        try FeaturePlan(definitions.service(service).features, of: definitions, fullNames: fullNames)
    }

    /// Reads features of entities: one round trip, whatever the number of entities and views.
    ///
    /// A store that does not answer is no error: every feature is then `NOT_FOUND`, and the answer says why.
    ///
    /// - Parameters:
    ///   - plan: the features.
    ///   - entities: for each join key of the plan's entities one value a row, typed as the entity says.
    /// - Throws: `invalidData` if a join key is missing, has values of another type, or another number of them.
    public func features(_ plan: FeaturePlan, entities: [String: [FeatureValue]]) async throws(MartletError)
        -> OnlineFeatures
    {
        let rows = try Self.rowCount(plan, entities)
        let requests = plan.groups.map { group in
            EntityRows(group.entities, entities, rows: rows, project: definitions.project)
        }
        var records: [[OnlineRecord]] = []
        var failure: MartletError?
        do {
            records = try await online.read(
                zip(plan.groups, requests).map { OnlineRead(keys: $1.keys, views: $0.views) })
        } catch {
            failure = error as? MartletError ?? MartletError(.unavailable, "the store failed", underlying: error)
        }
        return assemble(plan, requests, records, rows: rows, failure)
    }

    /// The time by which features are too old.
    public var now: FeatureTimestamp { clock() }

    /// Tells which entities' features change; nil if the store cannot know.
    public func changes(of entity: FeatureEntity) -> FeatureChanges? {
        online.changes(prefix: EntityKey.header([entity.joinKey]))
    }

    /// Which entity a key belongs to that ``changes(of:)`` tells; nil if it is none of these.
    public func entity(_ entity: FeatureEntity, ofKey key: [UInt8]) -> FeatureValue? {
        EntityKey.value(of: key, joinKey: entity.joinKey, project: definitions.project)
    }

    /// Writes rows into the views of a push source, at once.
    ///
    /// - Throws: `unavailable`, `unauthorized`, `outOfSpace`.
    public func write(_ rows: [OnlineRow], view: FeatureView) async throws -> OnlineWriteCount {
        try await online.write(rows, view: view.name, fields: view.hashes)
    }

    // MARK: - Pieces

    private static func rowCount(_ plan: FeaturePlan, _ entities: [String: [FeatureValue]]) throws(MartletError)
        -> Int
    {
        var rows: Int?
        for entity in plan.entities {
            guard let values = entities[entity.joinKey] else {
                throw MartletError(
                    .invalidData, "the join key '\(entity.joinKey)' is missing",
                    hint: "the features need \(plan.entities.map(\.joinKey).joined(separator: ", "))")
            }
            guard rows == nil || rows == values.count else {
                throw MartletError(
                    .invalidData, "the join keys have different numbers of values: \(rows ?? 0) and \(values.count)",
                    hint: "give one value a row for each of \(plan.entities.map(\.joinKey).joined(separator: ", "))")
            }
            rows = values.count
            for (row, value) in values.enumerated() where value.type != entity.type {
                throw MartletError(
                    .invalidData,
                    "'\(entity.joinKey)' must be \(entity.type.rawValue), found "
                        + "\(value.type?.rawValue ?? "null") in row \(row)",
                    hint: "an entity without a key has no features: leave it out")
            }
        }
        return rows ?? 0
    }

    private func assemble(
        _ plan: FeaturePlan, _ requests: [EntityRows], _ records: [[OnlineRecord]], rows: Int, _ failure: MartletError?
    ) -> OnlineFeatures {
        let now = clock()
        // Each view's records and their statuses are looked at once, whatever the number of its features.
        var seen: [(group: Int, offset: Int, isStale: [Bool])] = []
        for (place, group) in plan.groups.enumerated() {
            for offset in group.views.indices {
                let ttl = plan.views[group.firstView + offset].ttl
                var isStale = [Bool](repeating: false, count: requests[place].keys.count)
                if let ttl, failure == nil {
                    for key in isStale.indices {
                        let record = records[place][key * group.views.count + offset]
                        isStale[key] = record.timestamp.map { now.seconds(since: $0) > ttl } ?? false
                    }
                }
                seen.append((place, offset, isStale))
            }
        }
        var counted = [FeatureCounts](repeating: FeatureCounts(), count: plan.views.count)
        let columns = plan.columns.map { column in
            let (group, offset, isStale) = seen[column.view]
            let answer = OnlineFeatures.Column(
                name: column.name,
                found: failure == nil ? records[group] : [], width: plan.groups[group].views.count, offset: offset,
                field: column.field, places: requests[group].places, isStale: isStale)
            for status in answer.statuses { counted[column.view].add(status) }
            return answer
        }
        if failure == nil {
            for (view, entry) in seen.enumerated() {
                let width = plan.groups[entry.group].views.count
                for key in requests[entry.group].keys.indices {
                    guard let moment = records[entry.group][key * width + entry.offset].timestamp else { continue }
                    counted[view].aged += 1
                    counted[view].ageSum += max(0, now.seconds(since: moment))
                }
            }
        }
        counts.withLock { counts in
            for (view, count) in zip(plan.views, counted) { counts.views[view.name, default: FeatureCounts()] += count }
            if failure != nil { counts.failures += 1 }
        }
        return OnlineFeatures(columns: columns, failure: failure)
    }
}
