import Core
import Index
import Stores
import Tensor
import TestSupport
import Testing
import VectorStores

extension RedisServer {
    fileprivate var configuration: RedisConfiguration {
        RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: port)])
    }
}

struct LocalVectorsTests {
    @Test func theContractHolds() async throws {
        try await VectorStoreContract.followsADictionary(LocalVectors(ExactIndex(dimensions: 12)), seed: 1)
        try await VectorStoreContract.refusesWrongInput(LocalVectors(ExactIndex(dimensions: 12)))
    }
}

@Suite(.timeLimit(.minutes(3)), .enabled(if: Redis8.command != nil, "Redis 8 is not there: scripts/redis8"))
struct RedisVectorSetTests {
    @Test(arguments: RedisVectorSet.Options.Precision.allCases)
    func theContractHolds(precision: RedisVectorSet.Options.Precision) async throws {
        let server = try await Redis8.server()
        var options = RedisVectorSet.Options()
        options.precision = precision
        // Of so few, all are candidates: what is found is exact.
        options.refine = 15
        for seed in [1, 2] as [UInt64] {
            let store = try await RedisVectorSet(
                server.configuration, name: "v\(seed)", dimensions: 12, options: options)
            try await VectorStoreContract.followsADictionary(store, seed: seed)
            store.close()
        }
        let store = try await RedisVectorSet(server.configuration, name: "wrong", dimensions: 12)
        try await VectorStoreContract.refusesWrongInput(store)
        store.close()
    }

    /// Vectors of all lengths around centres: the graph finds nearly all of the best, also with filters.
    @Test func itFindsNearlyAll() async throws {
        let server = try await Redis8.server()
        let (count, dimensions) = (3000, 32)
        var random = RandomSource(seed: 4)
        func normal() -> Float { (0..<12).reduce(-6) { sum, _ in sum + Float(random.uniform()) } }
        let centres = (0..<30 * dimensions).map { _ in normal() }
        func around(_ rows: Int) -> Matrix {
            Matrix(
                rows: rows, columns: dimensions,
                values: (0..<rows).flatMap { row -> [Float] in
                    let scale = Float(0.2 + random.uniform() * 3)
                    let centre = random.index(below: 30)
                    return (0..<dimensions).map { scale * (centres[centre * dimensions + $0] + normal() * 0.5) }
                })
        }
        let vectors = around(count)
        let queries = around(40)
        let keys = (0..<Int32(count)).map { $0 }
        let store = try await RedisVectorSet(server.configuration, name: "v", dimensions: dimensions)
        let attributes = keys.map { #"{"price": \#($0 % 100), "category": "c\#($0 % 7)"}"# }
        try await store.upsert(keys, vectors: vectors, attributes: attributes)
        let exact = try ExactIndex(vectors)
        func recall(_ found: RankedLists, _ filter: SearchFilter) throws -> Double {
            let truth = try exact.search(queries, k: 20, filter: filter)
            var hits = 0
            for row in 0..<queries.rows {
                #expect(found[row].count == truth[row].count)
                hits += Set(found[row]).intersection(truth[row]).count
            }
            return Double(hits) / Double(truth.items.count { $0 >= 0 })
        }
        #expect(try recall(await store.search(queries, k: 20, filter: SearchFilter()), SearchFilter()) > 0.97)
        let half = SearchFilter(allowed: keys.map { $0 % 10 != 3 })
        #expect(try recall(await store.search(queries, k: 20, filter: half), half) > 0.97)
        let strict = SearchFilter(allowed: keys.map { $0 % 100 == 3 })
        #expect(try recall(await store.search(queries, k: 20, filter: strict), strict) == 1)
        // The server's own filter, on attributes.
        let expression = ".price < 5 and .category == \"c2\""
        let chosen = SearchFilter(allowed: keys.map { $0 % 100 < 5 && $0 % 7 == 2 })
        #expect(try recall(await store.search(queries, k: 20, where: expression), chosen) > 0.97)
        let error = await #expect(throws: MartletError.self) { _ = try await store.search(queries, k: 3, where: "..(") }
        #expect(error?.message.isEmpty == false)
        // Another client sees the same; one of other dimensions is told.
        let second = try await RedisVectorSet(server.configuration, name: "v", dimensions: dimensions)
        #expect(try await second.count() == count)
        let wrong = await #expect(throws: MartletError.self) {
            _ = try await RedisVectorSet(server.configuration, name: "v", dimensions: 7)
        }
        #expect(wrong?.code == .invalidData)
        second.close()
        store.close()
    }

    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
    func anOlderRedisIsExplained() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        guard try await !server.ask("INFO", "server").contains("redis_version:8") else { return }
        let error = await #expect(throws: MartletError.self) {
            _ = try await RedisVectorSet(server.configuration, name: "v", dimensions: 7)
        }
        #expect(error?.code == .invalidConfiguration && error?.hint == "use Redis 8 or newer")
    }
}
