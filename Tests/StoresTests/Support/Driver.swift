import Foundation
import Stores
import TestSupport
import Testing

/// The stores that the contract is held against.
enum Driver: String, CaseIterable, CustomTestStringConvertible {
    case memory, rocksdb, redis, redisCluster

    /// All drivers whose servers are installed.
    static var available: [Driver] {
        allCases.filter { RedisServer.isInstalled || ![.redis, .redisCluster].contains($0) }
    }

    var testDescription: String { rawValue }

    /// Runs `body` with a store; what it leaves in a folder is removed.
    func withStore(_ body: (any KeyValueStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryStore())
        case .rocksdb: try await withTemporaryFolder { try await body(try RocksDBStore(path: $0)) }
        case .redis:
            let server = try RedisServer.shared.get()
            try await server.waitUntilListening()
            let store = try await RedisStore.connect(server.configuration)
            try await body(store)
            await store.close()
        case .redisCluster:
            let store = try await RedisStore.connect(try await RedisClusterServers.shared.value.configuration)
            try await body(store)
            await store.close()
        }
    }
}

/// Runs `body` with a fresh folder and removes it afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = "\(NSTemporaryDirectory())/martlet-stores-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// A name that no other test uses.
func uniqueName(_ prefix: String) -> String { "\(prefix)-\(UInt64.random(in: 0 ... .max))" }

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
