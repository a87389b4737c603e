import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Serving
import Stores
import Synchronization
import Testing

@Suite struct SwitchTests {
    /// Publishes twenty versions while eight clients ask: every answer must succeed and be of one version whole.
    @Test(arguments: ["memory", "rocksdb"])
    func newVersionsArePickedUpWithoutAFailedRequest(kind: String) async throws {
        let folder = TemporaryFolder()
        let store: any KeyValueStore = kind == "memory" ? MemoryStore() : try RocksDBStore(path: folder.path)
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let state = ClientState()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<8 {
                    group.addTask {
                        try await TestClient.withClient(host: server.address.host, port: server.address.port) {
                            client_ in
                            var number = client
                            while state.isPublishing.load(ordering: .relaxed) {
                                number += 1
                                let path =
                                    number % 4 == 0
                                    ? "/v1/recommendations/nobody" : "/v1/recommendations/u\(number % 100)?k=20"
                                let answer = RunningServer.Answer(try await client_.get(path))
                                let version = answer.json["version"]?.integer ?? 0
                                #expect(answer.status == 200 && answer.json["reason"] != "store-unavailable")
                                #expect(answer.items.count >= 12)
                                #expect(answer.items.allSatisfy { $0.hasPrefix("v\(version)-") })
                                #expect(answer.json["model_version"]?.string == "run-\(version)")
                                state.seen.withLock { _ = $0.insert(version) }
                            }
                        }
                    }
                }
                for version in 2...20 {
                    try await Lists.publish(to: store, version: version)
                    try await Task.sleep(for: .milliseconds(30))
                }
                for _ in 0..<500 where !state.seen.withLock({ $0.contains(20) }) {
                    try await Task.sleep(for: .milliseconds(20))
                }
                state.isPublishing.store(false, ordering: .relaxed)
                try await group.waitForAll()
            }
            #expect(state.seen.withLock { $0.contains(20) && $0.count > 2 })
        }
    }

    @Test func aStoreThatIsDownIsAnsweredFromMemory() async throws {
        let store = FailingStore()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            #expect(try await server.execute("/v1/recommendations/u1").json["fallback"] == nil)
            store.isDown.store(true, ordering: .relaxed)
            let answer = try await server.execute("/v1/recommendations/u1?segment=women")
            #expect(answer.status == 200 && answer.json["fallback"] == "popularity")
            #expect(answer.json["reason"] == "store-unavailable" && answer.json["segment"] == "women")
            let body = #"{"users":["u1","u2"]}"#
            let many = try await server.execute("/v1/recommendations", method: .post, body: body)
            #expect(many.json["results"]?.array?.allSatisfy { $0["reason"] == "store-unavailable" } == true)
            #expect(try await server.execute("/v1/similar/v1-0").status == 503)
            #expect(try await server.execute("/readyz").status == 200)
            #expect(server.lines.all.contains { $0.contains("the wire is cut") && $0.contains("\"request_id\"") })
            #expect(try await server.execute("/metrics").text.contains("martlet_store_errors_total 3\n"))
            store.isDown.store(false, ordering: .relaxed)
            #expect(try await server.execute("/v1/recommendations/u1").json["fallback"] == nil)
        }
    }
}

/// What the clients of a test share.
private final class ClientState: Sendable {
    let isPublishing = Atomic(true)
    let seen = Mutex<Set<Int>>([])
}
