import Core

/// Which store a project publishes to and serves from.
///
/// In `martlet.yml`:
///
/// ```yaml
/// store: {kind: rocksdb, path: published}
/// store: {kind: redis, url: "redis://10.0.0.7:6379", password: "${env:REDIS_PASSWORD}", cluster: true}
/// ```
public struct StoreConfiguration: Sendable {
    /// The kind of store, with its settings.
    public enum Kind: Sendable {
        /// A folder of this machine.
        case rocksdb(path: String, options: RocksDBOptions)
        /// A server or a cluster.
        case redis(RedisConfiguration)
        /// This process's memory.
        case memory(MemoryStore)
    }

    /// The kind of store, with its settings.
    public var kind: Kind

    /// Makes a configuration in code.
    public init(_ kind: Kind) { self.kind = kind }

    /// What messages call the store; holds no secret.
    public var summary: String {
        switch kind {
        case .rocksdb(let path, _): "rocksdb at \(path)"
        case .redis(let redis): "redis at \(redis.endpoints.map(\.description).joined(separator: ", "))"
        case .memory: "memory"
        }
    }

    /// Opens the store. Opened for reading only, it refuses every change, and RocksDB needs no right to write.
    ///
    /// - Parameter mayBeAway: whether a server that does not answer is no fault yet: what the store is asked fails until it
    ///   does.
    /// - Throws: `unavailable`, `unauthorized`, `notFound` (reading a folder that does not exist), `system`.
    public func open(readOnly: Bool, mayBeAway: Bool = false) async throws -> any KeyValueStore {
        switch kind {
        case .rocksdb(let path, let options): try RocksDBStore(path: path, options: options, readOnly: readOnly)
        case .redis(let redis):
            try await RedisStore.connect(redis, readOnly: readOnly, mayBeAway: mayBeAway)
        case .memory(let store): store
        }
    }
}
