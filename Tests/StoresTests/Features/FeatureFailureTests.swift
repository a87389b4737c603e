import Core
import Stores
import TestSupport
import Testing

/// What a request for features gets when the server behind them is gone.
@Suite(.timeLimit(.minutes(5)), .enabled(if: RedisServer.isInstalled))
struct FeatureFailureTests {
    @Test func aDeadServerIsMarkedAndItsReturnIsNoticed() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        var configuration = server.configuration
        configuration.timeout = 1
        let view = OnlineStoreContractTests.view("v")
        let features = FeatureStore(
            FeatureDefinitions(project: "p", entities: view.entities, views: [view]),
            online: try await RedisOnlineStore.connect(configuration))
        let plan = try features.plan(["v"])
        let row = OnlineRow(
            key: view.key([.int64(1)], project: "p"), timestamp: OnlineStoreContractTests.moment(0),
            values: [.float(1), .null])
        func ask() async throws -> OnlineFeatures {
            try await features.features(plan, entities: ["user_id": [.int64(1), .int64(2)]])
        }
        _ = try await features.write([row], view: view)
        #expect(try await ask().columns.map(\.statuses) == [[.present, .notFound], [.nullValue, .notFound]])

        server.kill()
        for asked in 1...3 {
            let answer = try await ask()
            #expect(answer.failure?.code == .unavailable)
            #expect(answer.count(of: .notFound) == 4)
            #expect(features.failures == asked)
        }
        try server.start()
        try await server.waitUntilListening()
        try await waitUntil("the server is asked again") { try await ask().failure == nil }
        // It came back empty: nothing is known, and that is no failure.
        #expect(try await ask().count(of: .notFound) == 4)
        await features.online.close()
    }

    @Test func somethingElseUnderAKeyIsNoCrash() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        let view = OnlineStoreContractTests.view("v")
        let store = try await RedisOnlineStore.connect(server.configuration)
        let features = FeatureStore(
            FeatureDefinitions(project: "p", entities: view.entities, views: [view]), online: store)
        let entity: [String: [FeatureValue]] = ["user_id": [.int64(1)]]
        let row = OnlineRow(
            key: view.key([.int64(1)], project: "p"), timestamp: OnlineStoreContractTests.moment(0),
            values: [.float(1), .string("b")])
        _ = try await features.write([row], view: view)
        // A value that is no protobuf is as good as none; the others are read.
        let script = """
            for _, key in ipairs(redis.call('KEYS', '*')) do
              for _, field in ipairs(redis.call('HKEYS', key)) do
                if #field == 4 and redis.call('HSTRLEN', key, field) == 5 then redis.call('HSET', key, field, 'noise') end
              end
            end
            """
        let (status, output) = try await runProgram("redis-cli", ["-p", "\(server.port)", "EVAL", script, "0"])
        try #require(status == 0, "\(output)")
        let answer = try await features.features(features.plan(["v"]), entities: entity)
        #expect(answer.columns.map { $0.statuses[0] } == [.notFound, .present])
        // A key of another kind fails the request, and says why.
        _ = try await runProgram(
            "redis-cli",
            [
                "-p", "\(server.port)", "EVAL",
                "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('SET', key, 'text') end", "0",
            ])
        let failed = try await features.features(features.plan(["v"]), entities: entity)
        #expect(failed.failure?.message.contains("WRONGTYPE") == true)
        #expect(failed.columns.map { $0.statuses[0] } == [.notFound, .notFound])
        await store.close()
    }
}
