import Core
import Index
import Stores
import Tensor

/// A server that keeps the vectors of published versions, each version's under a name of its own.
public struct VectorServer: Sendable, Equatable {
    /// How the server keeps vectors.
    public enum Kind: String, Sendable, CaseIterable {
        /// Vector sets of Redis 8 or newer; see ``RedisVectorSet``.
        case vectorSets = "redis-vector-sets"
        /// Hashes under an index of RediSearch; see ``RediSearchVectors``.
        case rediSearch = "redisearch"
    }

    /// Vectors that travel together when a version is filled in.
    private static let block = 256

    /// How the server keeps vectors.
    public var kind: Kind
    /// Where it listens.
    public var redis: RedisConfiguration

    /// Names a server.
    public init(_ kind: Kind, at redis: RedisConfiguration) {
        self.kind = kind
        self.redis = redis
    }

    /// What messages call the server; holds no secret.
    public var summary: String {
        "\(kind.rawValue) at \(redis.endpoints.map(\.description).joined(separator: ", "))"
    }

    /// Connects to the vectors under a name, which need not exist.
    ///
    /// - Throws: `unavailable`, `unauthorized`; `invalidConfiguration` if the server is of another kind; `invalidData` if
    ///   the vectors under this name are of another length.
    public func open(_ name: String, dimensions: Int) async throws -> any VectorStore {
        switch kind {
        case .vectorSets: try await RedisVectorSet(redis, name: name, dimensions: dimensions)
        case .rediSearch: try await RediSearchVectors(redis, name: name, dimensions: dimensions)
        }
    }

    /// Puts the vectors of an index under a name, in place of what was there.
    ///
    /// - Throws: as ``open(_:dimensions:)``; `unavailable` if the server does not hold all of them afterwards.
    /// - Complexity: O(N · D), and what the server takes
    public func fill(_ name: String, from index: any VectorIndex) async throws {
        var server = self
        // Links of a graph are made meanwhile: nobody waits for a page.
        server.redis.timeout = max(redis.timeout, redis.patience)
        try await server.remove(name)
        let store = try await server.open(name, dimensions: index.dimensions)
        defer { store.close() }
        let keys = index.keys
        for start in stride(from: 0, to: keys.count, by: Self.block) {
            let some = Array(keys[start..<min(start + Self.block, keys.count)])
            let vectors = Matrix(
                rows: some.count, columns: index.dimensions, values: some.flatMap { index.vector(of: $0) ?? [] })
            try await store.upsert(some, vectors: vectors)
        }
        let count = try await store.count()
        guard count == keys.count else {
            throw MartletError(
                .unavailable, "\(summary) holds \(count) of \(keys.count) vectors under '\(name)'",
                hint: "does it evict keys? give it more memory (maxmemory), and publish again")
        }
    }

    /// How many vectors there are under a name.
    ///
    /// - Throws: as ``open(_:dimensions:)``.
    public func count(_ name: String, dimensions: Int) async throws -> Int {
        let store = try await open(name, dimensions: dimensions)
        defer { store.close() }
        return try await store.count()
    }

    /// Removes what is under a name.
    ///
    /// - Throws: `unavailable`, `unauthorized`.
    public func remove(_ name: String) async throws {
        let session = try await RedisSession(redis)
        defer { session.close() }
        let (words, key): ([String], String) =
            switch kind {
            case .vectorSets:
                (["UNLINK", "{\(name)}:set", "{\(name)}:vectors", "{\(name)}:bound"], "{\(name)}:set")
            case .rediSearch: (["FT.DROPINDEX", name, "DD"], name)
            }
        do {
            _ = try await session.answers(to: [words.map { Array($0.utf8) }], key: Array(key.utf8))
        } catch let error as MartletError
            where kind == .rediSearch && error.code != .unavailable && error.code != .unauthorized
        {
            // No index of this name; a server that knows no indexes at all says so when one is made.
        }
    }
}
