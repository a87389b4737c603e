import Core
import HTTPTypes
import Hummingbird
import Serving
import Stores
import Testing

@Suite struct RouteTests {
    @Test func aKnownUserGetsTheirList() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations/u3?k=4")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.items == ["v1-3", "v1-4", "v1-5", "v1-6"])
            let json = answer.json
            #expect(json["user"] == "u3" && json["model"] == "two-tower" && json["version"] == 1)
            #expect(json["model_version"] == "run-1" && json["created"] == "2026-11-23T01:30:00Z")
            #expect(json["fallback"] == nil)
            let first = json["items"]?.array?.first
            #expect(first?["title"] == "Title \"3\" – v1" && first?["price"]?.number == 9.5)
            #expect(first?["score"]?.number == 0.9)
            #expect(try await server.execute("/v1/recommendations/u3").items.count == 12)
            #expect(try await server.execute("/v1/recommendations/u3?k=100").items.count == 20)
        }
    }

    @Test func namesArePercentDecoded() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations/Zo%C3%AB%2F1%20%25?k=1")
            #expect(answer.json["user"] == "Zoë/1 %" && answer.json["fallback"] == nil)
        }
    }

    @Test func excludedItemsAreLeftOut() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations/u0?k=3&exclude=v1-0,v1-2&exclude=nothing")
            #expect(answer.items == ["v1-1", "v1-3", "v1-4"])
        }
    }

    @Test func anUnknownUserGetsTheFallbackAndIsTold() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let everyone = try await server.execute("/v1/recommendations/nobody?k=2").json
            #expect(everyone["fallback"] == "popularity" && everyone["reason"] == "unknown-user")
            #expect(everyone["segment"] == nil && everyone["items"]?.array?.first?["item"] == "v1-5")
            let women = try await server.execute("/v1/recommendations/nobody?k=2&segment=women").json
            #expect(women["segment"] == "women" && women["items"]?.array?.first?["item"] == "v1-10")
            let unknown = try await server.execute("/v1/recommendations/nobody?segment=nowhere").json
            #expect(unknown["segment"] == nil && unknown["items"]?.array?.first?["item"] == "v1-5")
        }
    }

    @Test func withoutAFallbackAnUnknownUserIsNotFound() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store, fallbacks: false)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations/nobody")
            #expect(answer.status == 404 && answer.json["hint"] != nil)
        }
    }

    @Test func similarItems() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/similar/v1-0?k=3&exclude=v1-1")
            #expect(answer.json["item"] == "v1-0" && answer.items == ["v1-2", "v1-3", "v1-4"])
            #expect(try await server.execute("/v1/similar/v1-9").json["type"] == "urn:martlet:problem:no-similar-items")
            #expect(try await server.execute("/v1/similar/x").json["type"] == "urn:martlet:problem:unknown-item")
            #expect(try await server.execute("/v1/similar/v1-0?segment=women").status == 400)
        }
    }

    @Test func manyUsersAtOnce() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let body = #"{"users":["u1","nobody","u2","u1"],"k":2,"exclude":["v1-1"],"segment":"women"}"#
            let answer = try await server.execute("/v1/recommendations", method: .post, body: body).json
            let results = answer["results"]?.array ?? []
            #expect(answer["version"] == 1 && answer["model"] == "two-tower")
            #expect(results.map { $0["user"]?.string } == ["u1", "nobody", "u2", "u1"])
            #expect(results.map { $0["items"]?.array?.first?["item"]?.string } == ["v1-2", "v1-10", "v1-2", "v1-2"])
            #expect(results.map { $0["fallback"]?.string } == [nil, "popularity", nil, nil])
            let none = try await server.execute("/v1/recommendations", method: .post, body: #"{"users":[]}"#)
            #expect(none.json["results"] == [])
        }
    }

    @Test func withoutAPipelineARequestForOneUserIsToldSo() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let answer = try await server.execute("/v1/recommendations", method: .post, body: #"{"user":"u1"}"#)
            #expect(answer.status == 404 && answer.json["type"] == "urn:martlet:problem:no-pipeline")
        }
    }

    @Test func headTellsTheLengthAndSendsNothing() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            let whole = try await server.execute("/v1/recommendations/u3")
            let head = try await server.execute("/v1/recommendations/u3", method: .head)
            #expect(head.status == 200 && head.text.isEmpty)
            #expect(head.headers[.contentLength] == String(whole.text.utf8.count))
        }
    }

    @Test func untilSomethingIsPublishedTheServerIsNotReady() async throws {
        let store = Lists.store()
        try await withServer(store) { server in
            #expect(try await server.execute("/healthz").status == 200)
            let before = try await server.execute("/readyz")
            #expect(before.status == 503 && before.headers[.retryAfter] != nil)
            #expect(before.json["hint"] == "publish first: martlet publish")
            #expect(try await server.execute("/v1/recommendations/u1").status == 503)
            try await Lists.publish(to: store)
            var status = 503
            for _ in 0..<200 where status != 200 {
                try await Task.sleep(for: .milliseconds(20))
                status = try await server.execute("/readyz").status
            }
            #expect(status == 200)
            #expect(try await server.execute("/v1/recommendations/u1").status == 200)
        }
    }
}
