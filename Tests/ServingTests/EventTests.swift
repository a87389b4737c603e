import Core
import Foundation
import HTTPTypes
import Hummingbird
import Serving
import Stores
import Testing

@Suite struct EventTests {
    private func withEvents(
        _ folder: TemporaryFolder, environment: [String: String] = [:],
        configure: @escaping (inout ServingConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(
            store, environment: environment,
            configure: { configuration in
                configuration.events = .init(folder: "\(folder.path)/events")
                configure(&configuration)
            }, body)
    }

    @Test func eventsAreTakenOnceAlsoAfterARestart() async throws {
        let folder = TemporaryFolder()
        try await withEvents(folder) { server in
            let one = try await post(server, body("a"))
            #expect(one.status == 200 && one.json == ["accepted": 1, "duplicates": 0, "ids": ["a"]])
            let list = "{\"events\":[\(["a", "b", "c", "b"].map { body($0) }.joined(separator: ","))]}"
            let many = try await post(server, list)
            #expect(many.json == ["accepted": 2, "duplicates": 2, "ids": ["a", "b", "c", "b"]])
            let unnamed = try await post(server, #"{"kind":"view","user":"u1","item":"v1-3"}"#)
            #expect(unnamed.json["ids"]?.array?.first?.string?.utf8.count == 36)
        }
        try await withEvents(folder) { server in
            let again = try await post(server, body("c"))
            #expect(again.json["duplicates"] == 1)
            let metrics = try await server.execute("/metrics").text
            for line in [
                "martlet_events_duplicate_total 1", "martlet_events_accepted_total{kind=\"cart\"} 0",
                "martlet_activity_users 1", "martlet_events_append_duration_seconds_count 1",
                "martlet_event_log_segments 1", "martlet_event_log_damaged_lines 0",
            ] {
                #expect(metrics.contains(line + "\n"), "\(line) is missing in \(metrics)")
            }
            #expect(server.lines.all.contains { $0.contains("the event log was read") && $0.contains("\"events\":4,") })
        }
        let segments = EventSegment.all(in: "\(folder.path)/events")
        let lines = try String(contentsOfFile: #require(segments.first).path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 4 && lines.allSatisfy { (try? JSONValue(parsing: String($0)))?["user"] == "u1" })
    }

    @Test func whatWasPostedIsKnownWhenItIsAnswered() async throws {
        let folder = TemporaryFolder()
        try await withEvents(folder) { server in
            let activity = try #require(server.activity)
            #expect(activity.activity(of: "u1") == UserActivity())
            for number in 1...20 {
                let event = #"{"kind":"purchase","user":"u1","item":"i\#(number)","id":"\#(number)"}"#
                #expect(try await post(server, event).status == 200)
                #expect(activity.activity(of: "u1").recent.first?.item == "i\(number)")
            }
            #expect(activity.activity(of: "u1").counts == [.purchase: 20] && activity.seen(by: "u1").contains("i7"))
        }
        try await withEvents(folder) { server in
            #expect(server.activity?.activity(of: "u1").recent.map(\.item) == (1...20).reversed().map { "i\($0)" })
        }
        try await withServer(Lists.store()) { server in #expect(server.activity == nil) }
    }

    @Test(arguments: [
        ("", 400, "the body is empty"), ("{", 400, "not valid JSON"), ("[]", 400, "must be an object"),
        (
            #"{"events":[{"kind":"view","user":"u","item":"i"},{"kind":"veiw","user":"u","item":"i"}]}"#, 400,
            "events[1].kind"
        ),
        (#"{"kind":"view","user":1,"item":"i"}"#, 400, "'user' must be text"),
        (#"{"kind":"view","user":"u","item":"i","time":1}"#, 400, "lies more than"),
        (#"{"kind":"view","user":"u","item":"i","time":"2999-01-01T00:00:00Z"}"#, 400, "lies in the future"),
        ("{\"events\":[" + (0..<6).map { body("\($0)") }.joined(separator: ",") + "]}", 413, "more than 5 events"),
        (String(repeating: " ", count: 3000), 413, "larger than 2048 bytes"),
    ])
    func aFaultIsExplainedAndNothingIsTaken(body: String, status: Int, words: String) async throws {
        let folder = TemporaryFolder()
        let limits: (inout ServingConfiguration) -> Void = { configuration in
            configuration.events?.batch = 5
            configuration.limits.bodyBytes = 2048
        }
        try await withEvents(folder, configure: limits) { server in
            let answer = try await post(server, body)
            #expect(answer.status == status && answer.headers[.contentType] == "application/problem+json")
            #expect(answer.text.contains(words) && answer.json["hint"] != nil, "\(words) is missing in \(answer.text)")
            #expect(try await server.execute("/v1/events").status == 405)
        }
        #expect(EventSegment.all(in: "\(folder.path)/events").isEmpty)
    }

    @Test func aBodyOfAHundredMegabytesIsRefused() async throws {
        try await withEvents(TemporaryFolder()) { server in
            let huge = String(repeating: "x", count: 100 << 20)
            // Who sends that much loses the connection; who reads meanwhile gets the answer.
            let answer = try? await post(server, huge)
            #expect(answer == nil || answer?.status == 413)
            let small = try await post(server, body("a"))
            #expect(small.status == 200)
        }
    }

    @Test func keysAreAskedForAndAServerWithoutEventsSaysSo() async throws {
        let keys = ["KEYS": "0123456789abcdef"]
        try await withEvents(TemporaryFolder(), environment: keys, configure: { $0.keyVariables = ["KEYS"] }) {
            server in
            let refused = try await post(server, body("a"))
            #expect(refused.status == 401)
            let key: HTTPFields = [HTTPField.Name("X-API-Key")!: "0123456789abcdef"]
            let admitted = try await post(server, headers: key, body("a"))
            #expect(admitted.status == 200)
        }
        try await withServer(Lists.store()) { server in
            let answer = try await post(server, body("a"))
            #expect(answer.status == 404 && answer.json["hint"]?.string?.contains("martlet.yml") == true)
        }
    }

    @Test func concurrentPostsOfOneEventAreOneEvent() async throws {
        try await withEvents(TemporaryFolder()) { server in
            let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let answer = try await post(server, body("e\(number % 10)"))
                        #expect(answer.status == 200)
                        return answer.json["accepted"]?.integer ?? 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(accepted == 10)
        }
    }
}

/// Posts to the server's events.
private func post(
    _ server: RunningServer, headers: HTTPFields = [:], _ body: String
) async throws -> RunningServer.Answer {
    try await server.execute("/v1/events", method: .post, headers: headers, body: body)
}

/// A cart event as JSON.
private func body(_ id: String, user: String = "u1") -> String {
    #"{"id":"\#(id)","kind":"cart","user":"\#(user)","item":"v1-3"}"#
}
