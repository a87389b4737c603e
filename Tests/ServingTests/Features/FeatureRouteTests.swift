import Core
import HTTPTypes
import Hummingbird
import Serving
import Stores
import Synchronization
import Testing

/// `feast serve`'s two paths, on our server.
@Suite struct FeatureRouteTests {
    static let definitions: FeatureDefinitions = {
        let user = FeatureEntity(name: "user", joinKey: "user_id", type: .int64)
        let item = FeatureEntity(name: "item", joinKey: "item_id", type: .string)
        return FeatureDefinitions(
            project: "shop", entities: [user, item],
            views: [
                FeatureView(
                    name: "user_stats", entities: [user],
                    fields: [.init("ctr", .float), .init("last", .stringList)], ttl: 3600,
                    source: FeatureSource(table: "user_stats", timestamp: "at")),
                FeatureView(name: "item_stats", entities: [item], fields: [.init("ctr", .double)], pushName: "items"),
            ],
            services: [FeatureService(name: "ranker", features: ["user_stats:ctr", "item_stats:ctr"])])
    }()

    private static let now = FeatureTimestamp(seconds: 1_795_512_600)

    private static func ask(_ server: RunningServer, _ body: String, path: String = "/get-online-features") async throws
        -> RunningServer.Answer
    {
        try await server.execute(path, method: .post, headers: [.contentType: "application/json"], body: body)
    }

    @Test func whatIsPushedIsRead() async throws {
        let features = FeatureStore(Self.definitions, online: MemoryOnlineStore(), clock: { Self.now })
        try await withServer(Lists.store(), features: features) { server in
            let pushed = try await Self.ask(
                server,
                """
                {"push_source_name": "user_stats", "to": "online", "df": {"user_id": [77, 78, 79],
                 "at": ["2026-11-24T09:29:00Z", "2026-11-24 08:29:59", "2026-11-24T09:29:00.25Z"],
                 "ctr": [0.25, 0.5, null], "last": [["a", "b"], [], ["c"]]}}
                """, path: "/push")
            #expect(pushed.status == 200 && pushed.text.isEmpty)
            let answer = try await Self.ask(
                server,
                #"{"features": ["user_stats:ctr", "user_stats:last"], "entities": {"user_id": [77, 78, 79, 80, 77]}}"#)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.json["metadata"] == ["feature_names": ["user_id", "ctr", "last"]])
            let results = try #require(answer.json["results"]?.array)
            #expect(
                results.map { $0["values"] } == [
                    [77, 78, 79, 80, 77], [0.25, 0.5, nil, nil, 0.25],
                    [["a", "b"], [], ["c"], nil, ["a", "b"]],
                ])
            #expect(results[1]["statuses"] == ["PRESENT", "OUTSIDE_MAX_AGE", "NULL_VALUE", "NOT_FOUND", "PRESENT"])
            #expect(results[2]["statuses"] == ["PRESENT", "OUTSIDE_MAX_AGE", "PRESENT", "NOT_FOUND", "PRESENT"])
            #expect(
                results[1]["event_timestamps"] == [
                    "2026-11-24T09:29:00Z", "2026-11-24T08:29:59Z", "2026-11-24T09:29:00.250Z", "1970-01-01T00:00:00Z",
                    "2026-11-24T09:29:00Z",
                ])
            let metrics = try await server.execute("/metrics").text
            #expect(metrics.contains(#"martlet_features_read_total{view="user_stats",status="OUTSIDE_MAX_AGE"} 2"#))
            #expect(metrics.contains(#"martlet_features_read_total{view="user_stats",status="NOT_FOUND"} 2"#))
            #expect(metrics.contains(#"route="/push",status="200"} 1"#))
        }
    }

    @Test func servicesAndFullNames() async throws {
        let features = FeatureStore(Self.definitions, online: MemoryOnlineStore(), clock: { Self.now })
        try await withServer(Lists.store(), features: features) { server in
            let push =
                #"{"push_source_name": "items", "df": {"item_id": ["i"], "event_timestamp": ["2020-01-01"], "ctr": [2]}}"#
            #expect(try await Self.ask(server, push, path: "/push").status == 200)
            let query =
                #"{"feature_service": "ranker", "full_feature_names": true, "entities": {"user_id": [1], "item_id": ["i"]}}"#
            let answer = try await Self.ask(server, query)
            #expect(
                answer.json["metadata"]?["feature_names"]
                    == ["user_id", "item_id", "user_stats__ctr", "item_stats__ctr"])
            #expect(answer.json["results"]?.array?.last?["values"] == [2])
            // Two features of one name are told apart only by their full names.
            let short = try await Self.ask(server, query.replacing("true", with: "false"))
            #expect(short.status == 400 && short.text.contains("full_feature_names"))
        }
    }

    @Test(arguments: [
        ("/get-online-features", "{", 400, "not valid JSON"),
        ("/get-online-features", #"{"entities": {}}"#, 400, "'features' must be a list"),
        ("/get-online-features", #"{"features": ["user_stats:ctr"]}"#, 400, "'entities' must be an object"),
        (
            "/get-online-features", #"{"features": ["user_stat:ctr"], "entities": {}}"#, 404,
            "did you mean 'user_stats'?"
        ),
        ("/get-online-features", #"{"features": ["user_stats:crt"], "entities": {}}"#, 404, "did you mean 'ctr'?"),
        ("/get-online-features", #"{"feature_service": "rnker", "entities": {}}"#, 404, "did you mean 'ranker'?"),
        ("/get-online-features", #"{"features": ["user_stats"], "entities": {"user": [1]}}"#, 400, "need user_id"),
        (
            "/get-online-features", #"{"features": ["user_stats"], "entities": {"user_id": ["1"]}}"#, 400,
            "expected int64"
        ),
        ("/get-online-features", #"{"features": ["user_stats"], "entities": {"user_id": [null]}}"#, 400, "null"),
        ("/push", #"{"df": {}}"#, 400, "'push_source_name' must be text"),
        ("/push", #"{"push_source_name": "item", "df": {}}"#, 404, "did you mean 'items'?"),
        ("/push", #"{"push_source_name": "items", "df": {}, "to": "offline"}"#, 400, "martlet load"),
        (
            "/push", #"{"push_source_name": "items", "df": {"item_id": ["i"], "ctr": [1]}}"#, 400,
            "'event_timestamp' is missing"
        ),
        (
            "/push",
            #"{"push_source_name": "items", "df": {"item_id": [1], "event_timestamp": ["2020-01-01"], "ctr": [1]}}"#,
            400, "row 0 of 'item_id'"
        ),
        (
            "/push",
            #"{"push_source_name": "items", "df": {"item_id": ["i"], "event_timestamp": ["soon"], "ctr": [1]}}"#, 400,
            "no moment"
        ),
        (
            "/push",
            #"{"push_source_name": "items", "df": {"item_id": ["i", "j"], "event_timestamp": ["2020-01-01"], "ctr": [1]}}"#,
            400, "2 values, others have 1"
        ),
        (
            "/push",
            #"{"push_source_name": "items", "df": {"item_id": ["i"], "event_timestamp": ["2020-01-01"], "ctr": ["NaN!"]}}"#,
            400, "expected double"
        ),
    ])
    func aBadBodyIsExplained(path: String, body: String, status: Int, words: String) async throws {
        let features = FeatureStore(Self.definitions, online: MemoryOnlineStore())
        try await withServer(Lists.store(), features: features) { server in
            let answer = try await Self.ask(server, body, path: path)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.text.contains(words), "\(words) is missing in \(answer.text)")
        }
    }

    @Test func aDeadStoreIsNoFailureOfARead() async throws {
        let online = FailingOnlineStore()
        let features = FeatureStore(Self.definitions, online: online, clock: { Self.now })
        try await withServer(Lists.store(), features: features) { server in
            let query = #"{"features": ["user_stats:ctr"], "entities": {"user_id": [1, 2]}}"#
            online.isDown.store(true, ordering: .relaxed)
            let answer = try await Self.ask(server, query)
            #expect(answer.status == 200)
            #expect(answer.json["results"]?.array?.last?["statuses"] == ["NOT_FOUND", "NOT_FOUND"])
            #expect(server.lines.all.contains { $0.contains("the wire is cut") && $0.contains("\"error\"") })
            #expect(try await server.execute("/metrics").text.contains("martlet_feature_store_errors_total 1"))
            let push =
                #"{"push_source_name": "items", "df": {"item_id": ["i"], "event_timestamp": ["2020-01-01"], "ctr": [2]}}"#
            // A row that is not in the store is not acknowledged.
            #expect(try await Self.ask(server, push, path: "/push").status == 503)
            online.isDown.store(false, ordering: .relaxed)
            #expect(try await Self.ask(server, push, path: "/push").status == 200)
        }
    }

    @Test func aProjectWithoutAFeatureStoreSaysSo() async throws {
        try await withServer(Lists.store()) { server in
            let answer = try await Self.ask(server, "{}")
            #expect(answer.status == 404 && answer.text.contains("feature-store:"))
            #expect(try await server.execute("/push").status == 405)
        }
    }
}

/// A store in memory that can be made to fail.
final class FailingOnlineStore: OnlineStore {
    let isDown = Atomic(false)
    private let base = MemoryOnlineStore()

    var summary: String { "failing" }
    func read(_ groups: [OnlineRead]) async throws -> [[OnlineRecord]] {
        try await checkHealth()
        return try await base.read(groups)
    }
    func write(_ rows: [OnlineRow], view: String, fields: [UInt32]) async throws -> OnlineWriteCount {
        try await checkHealth()
        return try await base.write(rows, view: view, fields: fields)
    }
    func checkHealth() async throws {
        if isDown.load(ordering: .relaxed) { throw MartletError(.unavailable, "the wire is cut") }
    }
    func close() async {}
}
