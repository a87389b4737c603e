import Core
import HTTPTypes
import Hummingbird
import Serving
import Stores
import Testing

@Suite struct LogTests {
    private static let requestID = HTTPField.Name("X-Request-ID")!

    @Test func requestsAreLoggedWithTheirNames() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store, configure: { $0.log.requests = 1 }) { server in
            let trace = HTTPField.Name("traceparent")!
            let headers: HTTPFields = [
                Self.requestID: "page-7:rail.2", trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ]
            let answer = try await server.execute("/v1/recommendations/u1?k=3", headers: headers)
            #expect(answer.headers[Self.requestID] == "page-7:rail.2")
            let response = HTTPField.Name("traceresponse")!
            let below = try #require(TraceParent(answer.headers[response] ?? ""))
            #expect(below.traceID == "0af7651916cd43dd8448eb211c80319c" && below.flags == "01")
            #expect(below.parentID != "b7ad6b7169203331")
            let untraced = try await server.execute("/v1/nothing")
            let begun = try #require(TraceParent(untraced.headers[response] ?? ""))
            #expect(begun.traceID != below.traceID)
            let lines = try server.lines.all.map { try JSONValue(parsing: $0) }
            let line = lines.first { $0["request_id"] == "page-7:rail.2" }
            #expect(line?["trace_id"] == "0af7651916cd43dd8448eb211c80319c" && line?["parent_id"] == "b7ad6b7169203331")
            #expect(line?["path"] == "/v1/recommendations/u1?k=3" && line?["status"] == 200 && line?["method"] == "GET")
            #expect(line?["route"] == "/v1/recommendations/{user}" && line?["milliseconds"]?.number != nil)
            #expect(line?["span_id"]?.string == below.parentID)
            let other = lines.first { $0["route"] == "unknown" && $0["status"] == 404 }
            #expect(other?["trace_id"]?.string == begun.traceID && other?["parent_id"] == nil)
        }
    }

    @Test func anIdThatIsNotFitForALogIsReplaced() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            var ids: Set<String> = []
            for bad in ["a\"b", "has space", String(repeating: "x", count: 129)] {
                let answer = try await server.execute("/v1/recommendations/u1", headers: [Self.requestID: bad])
                let id = answer.headers[Self.requestID] ?? ""
                #expect(id != bad && id.utf8.count == 16)
                ids.insert(id)
            }
            #expect(ids.count == 3)
            #expect(
                !server.lines.all.contains { $0.contains("\"message\":\"request\"") },
                "no request line unless asked for")
        }
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
        ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false), ("", false), ("00", false),
    ])
    func traceParents(header: String, isValid: Bool) {
        #expect((TraceParent(header) != nil) == isValid)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.007Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "2000-02-28T23:59:59.007Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "2000-02-29T00:00:00.007Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (784_111_777, "1994-11-06T08:49:37.007Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (4_107_542_399, "2100-02-28T23:59:59.007Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "2100-03-01T00:00:00.007Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func timesAreWritten(seconds: Int, internet: String, header: String) {
        let time = UniversalTime(seconds: seconds)
        #expect(time.internet(milliseconds: 7) == internet && time.header == header)
    }
}
