import Core
import Index
import Stores
import TestSupport
import Testing
import VectorStores

/// RediSearch's documented commands and answers. There is no package of RediSearch to test against: the server here is a
/// stand-in that understands what the documentation says of these commands, in RESP2 and RESP3, and notes what it was sent.
@Suite(.timeLimit(.minutes(2))) struct RediSearchTests {
    private func configuration(_ server: RediSearchStandIn) -> RedisConfiguration {
        var configuration = RedisConfiguration(endpoints: [
            RedisEndpoint(host: "127.0.0.1", port: server.port)
        ])
        configuration.connections = 1
        return configuration
    }

    /// With few allowed vectors compared one by one, and with all searches left to the server.
    @Test(arguments: [2, 3], [0, 2048]) func theContractHolds(protocolVersion: Int, fewAllowed: Int) async throws {
        let server = try RediSearchStandIn(protocolVersion: protocolVersion)
        var options = RediSearchVectors.Options()
        options.refine = 15
        options.fewAllowed = fewAllowed
        let store = try await RediSearchVectors(
            configuration(server), name: "items", dimensions: 12, options: options)
        try await VectorStoreContract.followsADictionary(store, seed: 3)
        store.close()
        let other = try await RediSearchVectors(configuration(server), name: "other", dimensions: 12)
        try await VectorStoreContract.refusesWrongInput(other)
        other.close()
    }

    @Test func theCommandsAreTheDocumentedOnes() async throws {
        let server = try RediSearchStandIn(protocolVersion: 2)
        var options = RediSearchVectors.Options()
        options.fewAllowed = 0
        let store = try await RediSearchVectors(
            configuration(server), name: "items", dimensions: 2, options: options)
        try await store.upsert([7], vectors: VectorStoreContract.vectors(1, 2, seed: 1))
        let allowed = [true, true, false, false, true]
        _ = try await store.search(
            VectorStoreContract.vectors(1, 2, seed: 2), k: 3, filter: SearchFilter(allowed: allowed))
        store.close()
        let sent = server.commands.map { command in
            command.map { String(validating: $0, as: UTF8.self) ?? "BLOB" }
        }
        #expect(
            sent.first { $0[0] == "FT.CREATE" }?.joined(separator: " ")
                == "FT.CREATE items ON HASH PREFIX 1 items: SCHEMA key NUMERIC SORTABLE v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 "
                + "DISTANCE_METRIC IP")
        #expect(sent.first { $0[0] == "HSET" }?.prefix(5) == ["HSET", "items:7", "key", "7", "v"])
        let search = try #require(sent.last { $0[0] == "FT.SEARCH" })
        #expect(search[2] == "(@key:[0 1] | @key:[4 4])=>[KNN 19 @v $query AS distance]")
        #expect(search[3...5] == ["PARAMS", "2", "query"])
        #expect(
            search[7...].joined(separator: " ")
                == "SORTBY distance ASC RETURN 2 key v LIMIT 0 19 DIALECT 2")
    }

    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
    func aServerWithoutItIsExplained() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        let configuration = RedisConfiguration(endpoints: [
            RedisEndpoint(host: "127.0.0.1", port: server.port)
        ])
        let error = await #expect(throws: MartletError.self) {
            _ = try await RediSearchVectors(configuration, name: "v", dimensions: 7)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
