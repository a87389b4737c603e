import Stores
import TestSupport
import Testing

/// The online stores that the contract is held against.
enum OnlineDriver: String, CaseIterable, CustomTestStringConvertible {
    case memory, rocksdb, redis, redisCluster

    /// All drivers whose servers are installed.
    static var available: [OnlineDriver] {
        allCases.filter { RedisServer.isInstalled || ![.redis, .redisCluster].contains($0) }
    }

    var testDescription: String { rawValue }

    /// Runs `body` with a store; what it leaves in a folder is removed.
    func withStore(keyTTL: Int? = nil, _ body: (any OnlineStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryOnlineStore(keyTTL: keyTTL))
        case .rocksdb:
            try await withTemporaryFolder { try await body(try RocksDBOnlineStore(path: $0, keyTTL: keyTTL)) }
        case .redis:
            let server = try RedisServer.shared.get()
            try await server.waitUntilListening()
            try await with(server.configuration, keyTTL, body)
        case .redisCluster:
            try await with(try await RedisClusterServers.shared.value.configuration, keyTTL, body)
        }
    }

    private func with(
        _ configuration: RedisConfiguration, _ keyTTL: Int?, _ body: (any OnlineStore) async throws -> Void
    ) async throws {
        let store = try await RedisOnlineStore.connect(configuration, keyTTL: keyTTL)
        try await body(store)
        await store.close()
    }
}
