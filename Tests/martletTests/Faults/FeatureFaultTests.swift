import Core
import Foundation
import TestSupport
import Testing

/// What is wrong with the newest features of users while they are asked for.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"),
    .enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
struct FeatureFaultTests {
    /// Lua that puts other bytes under every feature of every user.
    private static func spoil(_ value: String) -> String {
        """
        for _, key in ipairs(redis.call('KEYS', '*')) do
          for _, field in ipairs(redis.call('HKEYS', key)) do
            if #field == 4 then redis.call('HSET', key, field, '\(value)') end
          end
        end
        """
    }

    private static let faults: [(name: String, script: String)] = [
        ("features: NaN", spoil(#"\41\0\0\0\0\0\0\248\127"#)),
        ("features: infinite", spoil(#"\41\0\0\0\0\0\0\240\127"#)),
        ("features: text for numbers", spoil(#"\18\3ann"#)),
        ("features: lists for numbers", spoil(#"\130\1\14\10\12\0\0\128\63\0\0\0\64\0\0\64\64"#)),
        ("features: no protobuf", spoil(#"\255\255\255\255\255\255"#)),
        ("features: huge", spoil("' .. string.rep('x', 1000000) .. '")),
        (
            "features: keys of another kind",
            "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('SET', key, 'x') end"
        ),
        (
            "features: expired keys",
            "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('PEXPIRE', key, 1) end"
        ),
    ]

    /// The answers stay whole, with numbers for scores, and get better when the features do.
    @Test func badValues() async throws {
        let shop = try await FaultShop.shared.value
        let redis = try RedisServer()
        try await redis.waitUntilListening()
        let server = try await shop.server(features: "{kind: redis, url: \"redis://127.0.0.1:\(redis.port)\"}")
        try await server.start()
        // 'make test' has time for two.
        for fault in FaultReport.file == nil ? Self.faults.prefix(2) : Self.faults[...] {
            try await redis.ask("FLUSHALL")
            try shop.push(to: server)
            let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
            try await Task.sleep(for: .milliseconds(200))
            let said = try await redis.ask("EVAL", fault.script, "0")
            #expect(!said.hasPrefix("ERR") && !said.contains("error"), "\(fault.name): \(said)")
            try await Task.sleep(for: .milliseconds(400))
            try await redis.ask("FLUSHALL")
            try shop.push(to: server)
            load.faultEnded()
            try await Task.sleep(for: .milliseconds(1300))
            var report = FaultReport(fault.name, await load.end())
            report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
            report.peak = server.peakMegabytes
            try report.hold()
        }
        #expect(server.stop(), "the server crashed: \(server.lastWords)")
    }

    /// What was true more than the view's time to live ago is not used, and says so.
    @Test func staleFeatures() async throws {
        let shop = try await FaultShop.shared.value
        let redis = try RedisServer()
        try await redis.waitUntilListening()
        let server = try await shop.server(features: "{kind: redis, url: \"redis://127.0.0.1:\(redis.port)\"}")
        try await server.start()
        try shop.push(to: server, moment: .now - 7200)
        let load = FaultLoad(server, users: shop.users, items: shop.items, clients: 2)
        let body = #"{"features":["stats:age"],"entities":{"customer_id":["\#(shop.users[0])"]}}"#
        let answer = try LoopbackConnection(port: server.port).ask("POST", "/get-online-features", body: body)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("OUTSIDE_MAX_AGE"))
        try await waitUntil("some requests were answered") { load.requests > 20 }
        var report = FaultReport("features: past their time", await load.end())
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// 'martlet explain' tells the features that a request would be answered with, and answers without them too.
    @Test func explained() async throws {
        let shop = try await FaultShop.shared.value
        let redis = try RedisServer()
        try await redis.waitUntilListening()
        let server = try await shop.server(features: "{kind: redis, url: \"redis://127.0.0.1:\(redis.port)\"}")
        try await server.start()
        try shop.push(to: server, moment: .now - 100)
        #expect(server.stop())
        func explain(_ more: String...) async throws -> Program.Ended {
            try await Program.run(["explain", "--project", server.project, "--user", shop.users[3]] + more)
        }
        let found = try await explain("--json")
        let features = try JSONValue(parsing: found.output)["features"]
        #expect(features?["values"]?["age"]?.number == 23, "\(found.output) \(found.error)")
        #expect(features?["age"]?.number.map { (100...160).contains($0) } == true)
        #expect(try await explain().output.contains("features of the store: age 23, club_member_status \"ACTIVE\""))
        redis.kill()
        let without = try await explain("--json")
        #expect(without.status == 0, "\(without.error)")
        let answer = try JSONValue(parsing: without.output)
        #expect(answer["features"] == nil && answer["items"]?.array?.isEmpty == false)
        let stage = answer["stages"]?.array?.first { $0["stage"]?.string == "features" }
        #expect(stage?["skipped"]?.string == "failed")
    }
}
