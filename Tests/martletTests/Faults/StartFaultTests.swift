import Core
import Foundation
import TestSupport
import Testing

/// A server is started while its Redis is away.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"),
    .enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
struct StartFaultTests {
    /// It starts, stand-ins answer and say so, and a second after Redis is back with its data nothing stands in any more.
    @Test(arguments: [false, true]) func redisIsAway(hasLists: Bool) async throws {
        let shop = try await FaultShop.shared.value
        let redis = try RedisServer()
        try await redis.waitUntilListening()
        let store = "{kind: redis, url: \"redis://127.0.0.1:\(redis.port)\"}"
        let server = try await shop.server(features: store, lists: hasLists ? store : nil)
        try await server.start()
        try shop.push(to: server)
        #expect(server.stop())
        try await redis.ask("SAVE")
        redis.kill()

        try await server.start()
        #expect(try server.hasOwnList(shop.users[0]) == !hasLists)
        #expect(try skipped(server, shop.users[0]) == ["features"])
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        try await Task.sleep(for: .seconds(3))
        try redis.start()
        try await redis.waitUntilListening()
        load.faultEnded()
        try await Task.sleep(for: .seconds(1))
        #expect(try server.hasOwnList(shop.users[0]))
        #expect(try skipped(server, shop.users[0]) == [])
        try await Task.sleep(for: .seconds(1))
        let name = hasLists ? "Redis away at the start" : "the features' Redis away at the start"
        var report = FaultReport(name, await load.end())
        #expect(report.counts.fallbacks > 0, "\(name): nothing stood in")
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    /// The stages that an answer of the pipeline did without.
    private func skipped(_ server: FaultServer, _ user: String) throws -> [String] {
        let body = #"{"user":"\#(user)","k":5}"#
        let answer = try LoopbackConnection(port: server.port).ask("POST", "/v1/recommendations", body: body)
        #expect(answer.status == 200 && answer.json["items"]?.array?.count == 5)
        return answer.json["skipped"]?.array?.compactMap { $0["stage"]?.string } ?? []
    }
}
