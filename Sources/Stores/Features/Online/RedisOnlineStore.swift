import Core
import Synchronization

/// Features on a Redis server or cluster, in Feast's own layout (serialization version 3): what one of the two wrote, the
/// other reads.
///
/// A hash for each entity; in it the field `_ts:VIEW` with the moment of a view's values, and for each feature a field of
/// four bytes with the value.
public final class RedisOnlineStore: OnlineStore {
    private let client: RedisClient
    /// Seconds after its last write at which Redis forgets an entity; nil: never.
    private let keyTTL: Int?
    private let isReadOnly: Bool
    private let watches = Mutex<[[UInt8]: RedisFeatureWatch]>([:])

    private init(client: RedisClient, keyTTL: Int?, isReadOnly: Bool) {
        self.client = client
        self.keyTTL = keyTTL
        self.isReadOnly = isReadOnly
    }

    /// Connects and logs in.
    ///
    /// - Parameters:
    ///   - keyTTL: seconds after its last write at which Redis forgets an entity; nil: never.
    ///   - mayBeAway: whether a server that does not answer is no fault yet: what the store is asked fails until it does.
    /// - Throws: `unavailable` if no server answers, `unauthorized`, `invalidConfiguration`.
    public static func connect(
        _ configuration: RedisConfiguration, keyTTL: Int? = nil, readOnly: Bool = false, mayBeAway: Bool = false
    ) async throws -> RedisOnlineStore {
        RedisOnlineStore(
            client: try await RedisClient.connect(configuration, mayBeAway: mayBeAway), keyTTL: keyTTL,
            isReadOnly: readOnly)
    }

    /// See ``OnlineStore/summary``.
    public var summary: String {
        let endpoints = client.configuration.endpoints.map(\.description).joined(separator: ", ")
        return "redis \(client.isCluster ? "cluster " : "")at \(endpoints)"
    }

    /// See ``OnlineStore/read(_:)``. Each entity is one `HMGET` with the fields of all its views.
    public func read(_ groups: [OnlineRead]) async throws -> [[OnlineRecord]] {
        let tails = groups.map { group in
            RedisCommands.words(group.views.flatMap { $0.fields.map(Self.bytes) + [Self.timestampField($0.name)] })
        }
        let fields = groups.map { group in group.views.reduce(0) { $0 + $1.fields.count + 1 } }
        let places = groups.indices.flatMap { group in groups[group].keys.indices.map { (group, $0) } }
        if places.isEmpty { return groups.map { _ in [] } }
        let work = RedisWork(
            count: places.count, patience: Self.patience, keepsArrays: true, pipeline: 1 << 16,
            slot: { RedisSlot.of(groups[places[$0].0].keys[places[$0].1]) },
            encode: { place, commands in
                let (group, key) = places[place]
                commands.appendHashRead(key: groups[group].keys[key], fields: fields[group], tail: tails[group])
            })
        let answers = try await client.perform(work)
        var records: [[OnlineRecord]] = groups.map { group in
            var records: [OnlineRecord] = []
            records.reserveCapacity(group.keys.count * group.views.count)
            return records
        }
        for (place, answer) in zip(places, answers) {
            guard case .unparsed(let bytes) = answer,
                let found = HashAnswer.records(bytes, views: groups[place.0].views, into: &records[place.0])
            else { throw unknownAnswer }
            precondition(found == groups[place.0].views.count)
        }
        return records
    }

    /// See ``OnlineStore/write(_:view:fields:)``. Two round trips a pipeline, as Feast does it: the moments that are
    /// there, then what is newer.
    public func write(_ rows: [OnlineRow], view: String, fields: [UInt32]) async throws -> OnlineWriteCount {
        guard !isReadOnly else {
            throw MartletError(.invalidConfiguration, "\(summary) is open for reading only")
        }
        if rows.isEmpty { return OnlineWriteCount() }
        let patience = client.configuration.patience
        let timestamp = Self.timestampField(view)
        let moments = try await client.perform(
            RedisWork(
                count: rows.count, patience: patience, slot: { RedisSlot.of(rows[$0].key) },
                encode: { $1.append([Array("HGET".utf8), rows[$0].key, timestamp]) }))
        let newest = NewestRows(rows, stored: moments.map { $0.bytes.flatMap { FeatureTimestamp(decoding: $0) } })
        let chosen = newest.rows
        let names = fields.map(Self.bytes)
        _ = try await client.perform(
            RedisWork(
                count: chosen.count, patience: patience, isReplicated: true, slot: { RedisSlot.of(chosen[$0].key) },
                encode: { place, commands in
                    var words = [Array("HSET".utf8), chosen[place].key, timestamp, chosen[place].timestamp.encoded]
                    for (name, value) in zip(names, chosen[place].values) {
                        if let value { words += [name, value.encoded] }
                    }
                    commands.append(words)
                }))
        if let keyTTL {
            let seconds = Array("\(keyTTL)".utf8)
            _ = try await client.perform(
                RedisWork(
                    count: chosen.count, patience: patience, slot: { RedisSlot.of(chosen[$0].key) },
                    encode: { $1.append([Array("EXPIRE".utf8), chosen[$0].key, seconds]) }))
        }
        return newest.count
    }

    /// See ``OnlineStore/changes(prefix:)``. A cluster has many servers, and a key that expires is told when the server
    /// comes across it: then nothing is known of changes.
    public func changes(prefix: [UInt8]) -> FeatureChanges? {
        guard keyTTL == nil, !client.isCluster, let server = client.primaries.first else { return nil }
        return watches.withLock { watches in
            if let watch = watches[prefix] { return watch.changes }
            let watch = RedisFeatureWatch(server.endpoint, client.configuration, prefix: prefix)
            watches[prefix] = watch
            return watch.changes
        }
    }

    /// See ``OnlineStore/checkHealth()``.
    public func checkHealth() async throws {
        try await client.settle()
        for node in client.primaries {
            let answer = try await node.send(RedisCommands("PING"))[0]
            if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: node.endpoint) }
        }
    }

    /// See ``OnlineStore/close()``.
    public func close() async {
        endWatches()
        client.close()
    }

    deinit { endWatches() }

    private func endWatches() {
        let ended = watches.withLock { watches in
            defer { watches = [:] }
            return Array(watches.values)
        }
        for watch in ended { watch.close() }
    }

    /// A page waits: a dead server is worth one more attempt, not a pause.
    private static let patience = 0.1

    private var unknownAnswer: MartletError {
        MartletError(
            .corrupted, "\(summary) holds something else than features under an entity's key",
            hint: "give the feature store a database of its own: url: redis://host:port/1")
    }

    private static func timestampField(_ view: String) -> [UInt8] { Array("_ts:\(view)".utf8) }

    private static func bytes(_ hash: UInt32) -> [UInt8] { withUnsafeBytes(of: hash.littleEndian) { Array($0) } }
}
