import Stores
import TestSupport

/// Where a store is, in words that another process understands too.
enum Place: Codable, Sendable {
    case folder(String)
    case redis(port: Int)

    /// Whether a reader outlives the removal of its version.
    var keepsOpenVersions: Bool { if case .folder = self { true } else { false } }

    func open(readOnly: Bool) async throws -> any KeyValueStore {
        switch self {
        case .folder(let path): try RocksDBStore(path: path, readOnly: readOnly)
        case .redis(let port):
            try await RedisStore.connect(
                RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: port)]), readOnly: readOnly)
        }
    }
}

extension Driver {
    /// The drivers whose stores several processes can share, and which are installed.
    static var shared: [Driver] { available.filter { [.rocksdb, .redis].contains($0) } }

    /// Runs `body` with a place for a store.
    func withPlace(_ body: (Place) async throws -> Void) async throws {
        if self == .redis {
            let server = try RedisServer.shared.get()
            try await server.waitUntilListening()
            try await body(.redis(port: server.port))
        } else {
            try await withTemporaryFolder { try await body(.folder($0)) }
        }
    }
}
