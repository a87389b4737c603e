import Core

/// Which online store a project's features are in.
///
/// In `martlet.yml`, below `feature-store:`:
///
/// ```yaml
/// online: {kind: rocksdb, path: features}
/// online: {kind: redis, url: "redis://10.0.0.7:6379", key-ttl: 30d}
/// ```
public struct OnlineStoreConfiguration: Sendable {
    /// The store, with its settings.
    public var store: StoreConfiguration
    /// Seconds after its last write at which an entity is forgotten; nil: never.
    public var keyTTL: Int?

    /// Makes a configuration in code.
    public init(_ store: StoreConfiguration, keyTTL: Int? = nil) {
        self.store = store
        self.keyTTL = keyTTL
    }

    /// Reads the mapping; faults go to its diagnostics.
    ///
    /// - Parameters:
    ///   - fields: the mapping, read to its end.
    ///   - projectFolder: what relative paths start from.
    public init(_ fields: inout ConfigurationFields, projectFolder: String) {
        if let seconds = fields.duration("key-ttl") {
            keyTTL = Int(seconds)
            if seconds < 1 {
                fields.diagnostics.report(
                    "'\(fields.name(of: "key-ttl"))' must be at least 1s", at: fields.location(of: "key-ttl"))
            }
        }
        let namesPath = fields.keys.contains("path")
        let waits = fields.keys.contains("timeout")
        store = StoreConfiguration(&fields, projectFolder: projectFolder)
        switch store.kind {
        case .rocksdb(_, let options) where !namesPath:
            store.kind = .rocksdb(
                path: projectFolder.isEmpty ? "features" : "\(projectFolder)/features", options: options)
        case .redis(var redis) where !waits:
            // A page waits for these reads: a list may take five seconds, a feature may not.
            redis.timeout = 1
            store.kind = .redis(redis)
        default: break
        }
    }

    /// What messages call the store; holds no secret.
    public var summary: String { store.summary }

    /// Opens the store.
    ///
    /// - Parameter mayBeAway: whether a server that does not answer is no fault yet: reads fail until it does.
    /// - Throws: `unavailable`, `unauthorized`, `busy` if another process writes the folder, `notFound` (reading a folder
    ///   that does not exist), `system`.
    public func open(readOnly: Bool, mayBeAway: Bool = false) async throws -> any OnlineStore {
        switch store.kind {
        case .rocksdb(let path, let options):
            try RocksDBOnlineStore(path: path, options: options, keyTTL: keyTTL, readOnly: readOnly)
        case .redis(let redis):
            try await RedisOnlineStore.connect(redis, keyTTL: keyTTL, readOnly: readOnly, mayBeAway: mayBeAway)
        case .memory: MemoryOnlineStore(keyTTL: keyTTL)
        }
    }
}
