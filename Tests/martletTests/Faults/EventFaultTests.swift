import Core
import Foundation
import TestSupport
import Testing

/// What befalls the log of events and the process that writes it.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"))
struct EventFaultTests {
    @Test(.enabled(if: SmallDisk.isAvailable, "only root may mount the small disk that this fills"))
    func aFullDisk() async throws {
        let shop = try await FaultShop.shared.value
        let disk = try SmallDisk(kilobytes: 256)
        let server = try await shop.server(serve: "{events: {folder: \(disk.path)/log}}")
        try await server.start()
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 4)
        // Until it is full, and then some.
        let filler = try LoopbackConnection(port: server.port)
        func fill(_ round: Int) throws -> LoopbackConnection.Response {
            let events = (0..<500).map {
                #"{"id":"filler-\#(round)-\#($0)","kind":"impression","user":"u\#($0)","item":"i"}"#
            }
            return try filler.ask("POST", "/v1/events", body: "{\"events\":[\(events.joined(separator: ","))]}")
        }
        var filled: [String] = []
        var isFull = false
        for round in 0..<40 {
            let answer = try fill(round)
            if answer.status == 200 { filled += (0..<500).map { "filler-\(round)-\($0)" } }
            isFull = answer.status == 507
            if isFull { break }
        }
        #expect(isFull, "the disk was not filled")
        try await Task.sleep(for: .seconds(1))
        try disk.grow(toKilobytes: 64 << 10)
        load.faultEnded()
        try await Task.sleep(for: .seconds(2))
        var report = FaultReport("full disk of the event log", await load.end())
        #expect(report.counts.refused > 0, "some events were refused")
        #expect(try fill(1000).status == 200)
        report.look(for: report.counts.acknowledged + filled, in: "\(disk.path)/log")
        try report.finish(server)
    }

    /// The server dies amid requests and begins anew: what it acknowledged is there, and known of the users again.
    @Test func aKilledServer() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server()
        try await server.start()
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        for _ in 0..<(FaultReport.file == nil ? 1 : 3) {
            try await Task.sleep(for: .milliseconds(700))
            server.kill()
            try await Task.sleep(for: .milliseconds(200))
            try await server.start()
        }
        load.faultEnded()
        try await Task.sleep(for: .seconds(2))
        var report = FaultReport("server killed", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        let metrics = try LoopbackConnection(port: server.port).ask("GET", "/metrics")
        #expect(!String(decoding: metrics.body, as: UTF8.self).contains("martlet_activity_users 0\n"))
        try report.finish(server, mayFail: true)
    }
}
