import Core

/// A store on a Redis server or cluster.
///
/// A namespace `shop.v12` is the keys `shop.v12:…`, spread over the cluster; the set `martlet:namespaces` names all
/// namespaces, the hash `martlet:pointers` holds all pointers, and the keys `martlet:lock:…` are locks that expire.
public final class RedisStore: KeyValueStore {
    static let registry = Array("martlet:namespaces".utf8)
    static let pointers = Array("martlet:pointers".utf8)

    let client: RedisClient
    private let isReadOnly: Bool

    private init(client: RedisClient, isReadOnly: Bool) {
        self.client = client
        self.isReadOnly = isReadOnly
    }

    /// Connects and logs in.
    ///
    /// - Parameter mayBeAway: whether a server that does not answer is no fault yet: what the store is asked fails until it
    ///   does.
    /// - Throws: `unavailable` if no server answers, `unauthorized` if it refuses us, `invalidConfiguration`.
    public static func connect(
        _ configuration: RedisConfiguration, readOnly: Bool = false, mayBeAway: Bool = false
    ) async throws -> RedisStore {
        RedisStore(
            client: try await RedisClient.connect(configuration, mayBeAway: mayBeAway), isReadOnly: readOnly)
    }

    /// See ``KeyValueStore/summary``.
    public var summary: String {
        let endpoints = client.configuration.endpoints.map(\.description).joined(separator: ", ")
        return "redis \(client.isCluster ? "cluster " : "")at \(endpoints)"
    }

    /// See ``KeyValueStore/create(namespace:)``.
    public func create(namespace: String) async throws -> any NamespaceWriter {
        try StoreName.check(namespace, kind: "namespace")
        try checkWritable()
        if try await exists(namespace) { try await drop(namespace: namespace) }
        // Named before its first key is written: whatever happens then, the next publisher finds it.
        _ = try await change("SADD", Self.registry, Array(namespace.utf8))
        return RedisNamespaceWriter(name: namespace, store: self)
    }

    /// See ``KeyValueStore/open(namespace:)``.
    public func open(namespace: String) async throws -> any NamespaceReader {
        try StoreName.check(namespace, kind: "namespace")
        guard try await exists(namespace) else {
            throw MartletError(.notFound, "there is no namespace '\(namespace)' in \(summary)")
        }
        return RedisNamespaceReader(name: namespace, client: client)
    }

    /// See ``KeyValueStore/drop(namespace:)``.
    public func drop(namespace: String) async throws {
        try StoreName.check(namespace, kind: "namespace")
        try checkWritable()
        let patience = client.configuration.patience
        let client = client
        try await RedisNamespaceReader(name: namespace, client: client).scanKeys { keys in
            let work = RedisWork(
                count: keys.count, patience: patience, slot: { RedisSlot.of(keys[$0]) },
                encode: { $1.append("UNLINK", prefix: [], key: keys[$0]) })
            _ = try await client.perform(work)
        }
        _ = try await change("SREM", Self.registry, Array(namespace.utf8))
    }

    /// See ``KeyValueStore/namespaces()``.
    public func namespaces() async throws -> [String] {
        try await command("SMEMBERS", Self.registry).elements?.compactMap(\.text).sorted() ?? []
    }

    /// See ``KeyValueStore/pointer(_:)``.
    public func pointer(_ name: String) async throws -> [UInt8]? {
        try StoreName.check(name, kind: "pointer")
        return try await command("HGET", Self.pointers, Array(name.utf8), patience: client.configuration.timeout).bytes
    }

    /// See ``KeyValueStore/setPointer(_:to:)``.
    public func setPointer(_ name: String, to value: [UInt8]?) async throws {
        try StoreName.check(name, kind: "pointer")
        try checkWritable()
        if let value {
            _ = try await change("HSET", Self.pointers, Array(name.utf8), value)
        } else {
            _ = try await change("HDEL", Self.pointers, Array(name.utf8))
        }
    }

    /// See ``KeyValueStore/pointers(prefix:)``.
    public func pointers(prefix: String) async throws -> [String] {
        try await command("HKEYS", Self.pointers).elements?.compactMap(\.text).filter { $0.hasPrefix(prefix) }.sorted()
            ?? []
    }

    /// See ``KeyValueStore/lock(_:)``.
    public func lock(_ name: String) async throws -> any StoreLock {
        try StoreName.check(name, kind: "lock")
        try checkWritable()
        return try await RedisLock.take(name, client: client)
    }

    /// See ``KeyValueStore/checkHealth()``.
    public func checkHealth() async throws {
        try await client.settle()
        for node in client.primaries {
            let answer = try await node.send(RedisCommands("PING"))[0]
            if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: node.endpoint) }
        }
    }

    /// See ``KeyValueStore/close()``.
    public func close() async { client.close() }

    // MARK: - Pieces

    private func command(_ name: String, _ key: [UInt8], _ rest: [UInt8]..., patience: Double? = nil) async throws
        -> RESPValue
    {
        try await client.perform(
            [Array(name.utf8), key] + rest, key: key, patience: patience ?? client.configuration.patience)
    }

    /// A command that changes something; a switch that only a dying primary knew of would be taken back.
    private func change(_ name: String, _ key: [UInt8], _ rest: [UInt8]...) async throws -> RESPValue {
        try await client.perform(
            [Array(name.utf8), key] + rest, key: key, patience: client.configuration.patience, isReplicated: true)
    }

    private func exists(_ namespace: String) async throws -> Bool {
        try await command("SISMEMBER", Self.registry, Array(namespace.utf8)).integer == 1
    }

    private func checkWritable() throws {
        guard !isReadOnly else {
            throw MartletError(.invalidConfiguration, "\(summary) is open for reading only")
        }
    }
}
