import Core
import Foundation
import TestSupport
import Testing

/// Requests and clients that are not what a page sends, while other clients ask as pages do.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"))
struct RequestFaultTests {
    /// What nobody should ask is refused with a reason, or answered with what there is.
    @Test func oddRequests() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server()
        try await server.start()
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        let connection = try LoopbackConnection(port: server.port)
        func post(_ body: String, to path: String = "/v1/recommendations") throws -> LoopbackConnection.Response {
            try connection.ask("POST", path, body: body)
        }
        for body in [
            #"{"user":"a","k":0}"#, #"{"user":"a","k":1000000000}"#, #"{"user":"a","k":1e300}"#, #"{"user":["a"]}"#,
            #"{"user":"a","filters":{"categories":7}}"#, #"{"user":"a","context":{"items":[1]}}"#, "[[[[", "\u{0}",
            #"{"user":"a","k":NaN}"#, String(repeating: "[", count: 100_000),
        ] {
            #expect(try post(body).status == 400, "\(body.prefix(40))")
        }
        // Somebody nobody knows gets what sells, said so.
        let stranger = try post(#"{"user":"nobody-knows","k":5}"#)
        #expect(stranger.status == 200 && stranger.json["reason"]?.string == "unknown-user")
        #expect(stranger.json["items"]?.array?.count == 5)
        // A filter that nothing passes leaves nothing, and that is no failure.
        for filter in [#"{"categories":["no such thing"]}"#, #"{"allow":["no such item"]}"#] {
            let none = try post(#"{"user":"\#(shop.users[0])","filters":\#(filter)}"#)
            #expect(none.status == 200 && none.json["items"]?.array?.isEmpty == true, "\(none)")
        }
        // An item that the bundle has never heard of is remembered, and disturbs nobody.
        let news = #"{"kind":"purchase","user":"\#(shop.users[0])","item":"brand-new"}"#
        #expect(try post(news, to: "/v1/events").status == 200)
        let after = try post(#"{"user":"\#(shop.users[0])","k":5,"context":{"items":["brand-new"]}}"#)
        #expect(after.status == 200 && after.json["items"]?.array?.count == 5)
        var report = FaultReport("odd requests", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// Events that say they happened long ago or years ahead are refused; a little ahead is a clock that goes fast.
    @Test func strangeTimes() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server()
        try await server.start()
        let connection = try LoopbackConnection(port: server.port)
        func post(_ time: String) throws -> Int {
            let event = #"{"kind":"view","user":"\#(shop.users[0])","item":"\#(shop.items[0])","time":\#(time)}"#
            return try connection.ask("POST", "/v1/events", body: event).status
        }
        for time in [
            "\"2199-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"", "9223372036854775807", "-9223372036854775808",
            "\"0000-00-00T00:00:00Z\"", "1e400",
        ] {
            #expect(try post(time) == 400, "\(time)")
        }
        let now = Int64(Date.now.timeIntervalSince1970 * 1e6)
        #expect(try post("\(now + 200_000_000)") == 200 && post("\(now - 86_400_000_000)") == 200)
        // The server's own clock jumps while it is down: what it wrote then is of the future now, or of long ago.
        var load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        try await Task.sleep(for: .milliseconds(300))
        var report = FaultReport("clock jumps", await load.end())
        for year in ["2031", "2019"] {
            #expect(server.stop())
            let folder = "\(server.project)/events"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
            let parts = try #require(names.max()).split(separator: "-")
            try FileManager.default.moveItem(
                atPath: "\(folder)/\(parts.joined(separator: "-"))",
                toPath: "\(folder)/\(parts[0])-\(parts[1])-\(year)\(parts[2].dropFirst(4))")
            try await server.start()
            load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
            try await Task.sleep(for: .milliseconds(300))
            let more = await load.end()
            report.counts.requests += more.requests
            report.counts.failures += more.failures
            report.counts.refused += more.refused
            report.counts.examples += more.examples
            report.counts.acknowledged += more.acknowledged
        }
        #expect(report.counts.refused == 0)
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// A body of 100 MB is not kept: the answer says how much is taken, or the connection ends.
    @Test func hugeBodies() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server()
        try await server.start()
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        let before = server.residentMegabytes
        for path in ["/v1/recommendations", "/v1/events", "/push"] {
            let bad = try LoopbackConnection(port: server.port)
            let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n"
            try bad.send(Array(head.utf8))
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            var sent = 0
            while sent < 100, (try? bad.send(piece)) != nil { sent += 1 }
            if let answer = try? bad.receive() { #expect([413, 404].contains(answer.status)) }
        }
        #expect(server.peakMegabytes - before < 200, "the bodies stayed in memory")
        var report = FaultReport("bodies of 100 MB", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// Clients that send a byte now and then hold no one up, and not for ever.
    @Test func slowClients() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server(
            serve: "{events: {folder: events}, timeouts: {idle: 2s, body: 2s}, limits: {concurrency: 64}}")
        try await server.start()
        let idle = server.descriptors
        let start = ContinuousClock.now
        let heads = Array(LoopbackConnection.request("GET", "/v1/recommendations/\(shop.users[0])").utf8)
        let body = Array("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n".utf8)
        // Half of them never end their head, half never their body: more of these than requests may be in flight at once.
        let slow = try (0..<200).map { number in
            let connection = try LoopbackConnection(port: server.port, timeout: 5)
            try connection.send(number % 2 == 0 ? Array(heads[..<20]) : body)
            return connection
        }
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        while ContinuousClock.now - start < .seconds(6) {
            for (number, connection) in slow.enumerated() {
                try? connection.send([number % 2 == 0 ? heads[20] : UInt8(ascii: " ")])
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        load.faultEnded()
        let open = slow.count { !$0.isEnded() }
        #expect(open == 0, "\(open) of 200 slow clients still hold their connection")
        try await waitUntil("their sockets are closed") { server.descriptors < idle + 20 }
        try await Task.sleep(for: .milliseconds(1300))
        var report = FaultReport("slow clients", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// Clients that stop sending, or vanish, after or amid a request.
    @Test func halfClosedConnections() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server(serve: "{events: {folder: events}, timeouts: {idle: 2s}}")
        try await server.start()
        let idle = server.descriptors
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        let whole = Array(LoopbackConnection.request("POST", "/v1/recommendations", body: #"{"user":"x","k":5}"#).utf8)
        for round in 0..<100 {
            let connection = try LoopbackConnection(port: server.port)
            switch round % 4 {
            case 0:
                // The answer still comes.
                try connection.send(whole)
                connection.endSending()
                #expect(try connection.receive().status == 200)
            case 1:
                try connection.send(Array(whole.dropLast(3)))
                connection.endSending()
                #expect(connection.isEnded())
            case 2: try connection.send(whole)
            default: try connection.send(Array(whole[..<10]))
            }
        }
        try await waitUntil("their sockets are closed") { server.descriptors < idle + 20 }
        var report = FaultReport("half-closed connections", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }
}
