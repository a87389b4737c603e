import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceLifecycle
import Serving
import Stores
import Synchronization
import Testing

@Suite struct StopTests {
    @Test func requestsInFlightAreFinished() async throws {
        let store = FailingStore()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            store.delay.store(400, ordering: .relaxed)
            let before = store.reads.load(ordering: .relaxed)
            async let slow = server.execute("/v1/recommendations/u1")
            try await store.waitForReads(before + 1)
            await server.group.triggerGracefulShutdown()
            let answer = try await slow
            #expect(answer.status == 200 && answer.json["fallback"] == nil)
            await #expect(throws: (any Error).self) { _ = try await server.execute("/healthz") }
        }
    }

    @Test func aCancelledServerFinishesItsRequestsAndEndsWithoutAnError() async throws {
        let store = FailingStore()
        try await Lists.publish(to: store)
        var configuration = ServingConfiguration()
        configuration.port = 0
        let lines = LogLines()
        let (addresses, ready) = AsyncStream<RecommendationService.Address>.makeStream()
        let service = try RecommendationService(
            configuration: configuration, reader: Lists.reader(store), logSink: lines.sink
        ) { ready.yield($0) }
        let running = Task { try await service.run(signals: []) }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next())
        try await TestClient.withClient(host: address.host, port: address.port) { client in
            store.delay.store(400, ordering: .relaxed)
            let before = store.reads.load(ordering: .relaxed)
            async let slow = client.execute(.init("/v1/recommendations/u1", method: .get))
            try await store.waitForReads(before + 1)
            running.cancel()
            let answer = try await RunningServer.Answer(slow)
            #expect(answer.status == 200 && answer.json["fallback"] == nil)
        }
        try await running.value
        #expect(lines.all.last?.contains("the server has stopped") == true)
        #expect(lines.all.allSatisfy { $0.contains("\"level\":\"info\"") }, "\(lines.all)")
    }

    @Test func whileDrainingTheServerAnswersAndIsNotReady() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store, configure: { $0.timeouts.drain = 4 }) { server in
            await server.group.triggerGracefulShutdown()
            var readiness = try await server.execute("/readyz")
            while readiness.status == 200 { readiness = try await server.execute("/readyz") }
            #expect(readiness.status == 503 && readiness.json["type"] == "urn:martlet:problem:stopping")
            #expect(try await server.execute("/v1/recommendations/u1").status == 200)
        }
    }

    @Test func oneRequestTooManyIsTurnedAway() async throws {
        let store = FailingStore()
        try await Lists.publish(to: store)
        try await withServer(store, configure: { $0.limits.concurrency = 2 }) { server in
            store.delay.store(1500, ordering: .relaxed)
            let before = store.reads.load(ordering: .relaxed)
            async let first = server.execute("/v1/recommendations/u1")
            async let second = server.execute("/v1/recommendations/u2")
            try await store.waitForReads(before + 2)
            let third = try await server.execute("/v1/recommendations/u3")
            #expect(third.status == 503 && third.headers[.retryAfter] == "1")
            #expect(try await server.execute("/healthz").status == 200)
            let (firstAnswer, secondAnswer) = try await (first, second)
            #expect(firstAnswer.status == 200 && secondAnswer.status == 200)
            #expect(try await server.execute("/metrics").text.contains("martlet_http_requests_rejected_total 1\n"))
        }
    }

    @Test func aTakenPortIsExplained() async throws {
        let store = Lists.store()
        try await withServer(store) { server in
            var configuration = ServingConfiguration()
            configuration.port = server.address.port
            let second = try RecommendationService(
                configuration: configuration, reader: Lists.reader(store), logSink: LogSink { _ in })
            let error = await #expect(throws: MartletError.self) { try await second.run(signals: []) }
            #expect(error?.message.contains("cannot listen on 127.0.0.1:\(server.address.port)") == true)
        }
    }
}
