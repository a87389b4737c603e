import Core
import HTTPTypes
import Hummingbird
import Serving
import Stores
import Testing

@Suite struct BadRequestTests {
    @Test(arguments: [
        ("/v1/recommendations/u1?k=0", 400, "must lie in 1…100"),
        ("/v1/recommendations/u1?k=101", 400, "must lie in 1…100"),
        ("/v1/recommendations/u1?k=-1", 400, "must lie in"),
        ("/v1/recommendations/u1?k=many", 400, "must be a whole number"),
        ("/v1/recommendations/u1?k=", 400, "must be a whole number"),
        ("/v1/recommendations/u1?k=9999999999999999999999", 400, "must be a whole number"),
        ("/v1/recommendations/u1?excluded=a", 400, "did you mean 'exclude'?"),
        ("/v1/recommendations/u1?exclude=" + (0..<1001).map(String.init).joined(separator: ","), 400, "at most 1000"),
        ("/v1/recommendations/%zz", 400, "two hexadecimal digits"),
        ("/v1/recommendations/%4", 400, "two hexadecimal digits"),
        ("/v1/recommendations/%", 400, "two hexadecimal digits"),
        ("/v1/recommendations/%ff%fe", 400, "not valid UTF-8"),
        ("/v1/recommendations/%C0%80", 400, "not valid UTF-8"),
        ("/v1/recommendations/u1?segment=%ff", 400, "not valid UTF-8"),
        ("/v1/recommendations/", 404, "nothing at this path"),
        ("/v1/recommendations/a/b", 404, "nothing at this path"),
        ("/", 404, "/openapi.json"),
        ("/v3/recommendations/u1", 404, "nothing at this path"),
        ("/v1/recommendations", 405, "POST"),
    ])
    func aBadTargetIsExplained(path: String, status: Int, words: String) async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute(path)
            #expect(answer.status == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.text.contains(words), "\(words) is missing in \(answer.text)")
            #expect(answer.json["status"]?.integer == status)
            #expect(answer.json["request_id"]?.string == answer.headers[HTTPField.Name("X-Request-ID")!])
        }
    }

    @Test(arguments: [
        ("", "not valid JSON"), ("{", "not valid JSON"), ("\u{0}", "not valid JSON"), ("[]", "the body must be"),
        ("{}", "'users' is missing"), (#"{"users": "u1"}"#, "'users' must be a list"),
        (#"{"users": [1]}"#, "must be text"), (#"{"users": [null]}"#, "must be text"),
        (#"{"users": ["a"], "k": "2"}"#, "'k' must be a whole number"),
        (#"{"users": ["a"], "k": 0}"#, "'k' must lie in"),
        (#"{"users": ["a",]}"#, "nothing follows the comma at byte 15"),
        ("{\"users\": [\"a, ]\\\"\"],\n }", "nothing follows the comma at byte 21"),
        (#"{"users": [""]}"#, "empty text"), (#"{"usrs": ["a"]}"#, "did you mean 'users'?"),
        (#"{"user": ["a"]}"#, "'user' must be text"), (#"{"user": "a", "filters": {"excluded": []}}"#, "'exclude'"),
        (#"{"user": "a", "k": 1.5}"#, "'k'"), (#"{"user": "a", "seed": -1}"#, "seed"),
    ])
    func aBadBodyIsExplained(body: String, words: String) async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations", method: .post, body: body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(words), "\(words) is missing in \(answer.text)")
        }
    }

    @Test func tooManyUsersAndTooLargeABodyAreRefused() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        @Sendable func body(_ users: Int) -> String {
            #"{"users":["# + (0..<users).map { "\"u\($0)\"" }.joined(separator: ",") + "]}"
        }
        let (many, tooMany, huge) = (body(1000), body(1001), body(1_000_000))
        try await withServer(store) { server in
            #expect(try await server.execute("/v1/recommendations", method: .post, body: many).status == 200)
            let refused = try await server.execute("/v1/recommendations", method: .post, body: tooMany)
            #expect(refused.status == 413 && refused.json["type"] == "urn:martlet:problem:too-many-users")
            let hundredThousand = try await server.execute("/v1/recommendations", method: .post, body: body(100_000))
            #expect(hundredThousand.status == 413 || hundredThousand.status == 400)
            let large = try await server.execute("/v1/recommendations", method: .post, body: huge)
            #expect(large.status == 413 && large.json["type"] == "urn:martlet:problem:body-too-large")
            #expect(try await server.execute("/v1/recommendations/u1").status == 200)
        }
    }

    @Test func keysAreAskedFor() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        let keys = ["KEYS": "0123456789abcdef, fedcba9876543210"]
        try await withServer(store, environment: keys, configure: { $0.keyVariables = ["KEYS"] }) { server in
            func status(_ path: String, _ headers: HTTPFields) async throws -> Int {
                try await server.execute(path, headers: headers).status
            }
            let path = "/v1/recommendations/u1"
            let header = HTTPField.Name("X-API-Key")!
            let missing = try await server.execute(path)
            #expect(missing.status == 401 && missing.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            #expect(try await status(path, [header: "0123456789abcdef"]) == 200)
            #expect(try await status(path, [.authorization: "Bearer fedcba9876543210"]) == 200)
            #expect(try await status(path, [.authorization: "bearer fedcba9876543210"]) == 200)
            for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
                #expect(try await status(path, [header: wrong]) == 401)
                #expect(try await status(path, [.authorization: "Bearer \(wrong)"]) == 401)
            }
            #expect(try await status(path, [.authorization: "Basic fedcba9876543210"]) == 401)
            #expect(try await status("/metrics", [:]) == 401)
            #expect(try await status("/metrics", [header: "0123456789abcdef"]) == 200)
            #expect(try await status("/healthz", [:]) == 200)
            #expect(try await status("/readyz", [:]) == 200)
        }
    }
}
