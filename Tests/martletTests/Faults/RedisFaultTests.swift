import Core
import Foundation
import TestSupport
import Testing

/// Redis, with the lists and the newest features, goes wrong amid requests. Long: `make chaos` runs them.
@Suite(
    .serialized, .timeLimit(.minutes(10)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"),
    .enabled(if: RedisServer.isInstalled, "redis-server is not installed"),
    .enabled(if: FaultReport.file != nil, "'make chaos' runs the long faults"))
struct RedisFaultTests {
    /// A shop whose lists and features are in one Redis, and its server, started.
    private func shop(_ redis: RedisServer) async throws -> (FaultShop, FaultServer) {
        let shop = try await FaultShop.shared.value
        try await redis.waitUntilListening()
        let url = "\"redis://127.0.0.1:\(redis.port)\""
        let server = try await shop.server(
            features: "{kind: redis, url: \(url)}", lists: "{kind: redis, url: \(url)}")
        try await server.start()
        try shop.push(to: server)
        return (shop, server)
    }

    private func finish(_ name: String, _ load: FaultLoad, _ server: FaultServer) async throws {
        var report = FaultReport(name, await load.end())
        #expect(report.counts.fallbacks > 0, "\(name): nothing stood in")
        report.look(for: report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }

    @Test func killed() async throws {
        let redis = try RedisServer()
        let (shop, server) = try await shop(redis)
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        try await Task.sleep(for: .seconds(1))
        #expect(try server.hasOwnList(shop.users[0]))
        redis.kill()
        try await Task.sleep(for: .seconds(2))
        try redis.start()
        try await redis.waitUntilListening()
        load.faultEnded()
        try await Task.sleep(for: .seconds(3))
        // It came back empty: what sells stands in until the lists are published again.
        let republished = try await Program.run(["publish", "--project", server.project, "--quiet"])
        #expect(republished.status == 0, "\(republished.error)")
        try await waitUntil("users get their own lists again") {
            try shop.users.prefix(5).allSatisfy { try server.hasOwnList($0) }
        }
        try await finish("Redis killed", load, server)
    }

    @Test func paused() async throws {
        let redis = try RedisServer()
        let (shop, server) = try await shop(redis)
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        try await Task.sleep(for: .seconds(1))
        redis.pause()
        try await Task.sleep(for: .seconds(4))
        redis.resume()
        load.faultEnded()
        try await Task.sleep(for: .seconds(3))
        try await finish("Redis paused", load, server)
    }

    @Test func emptied() async throws {
        let redis = try RedisServer()
        let (shop, server) = try await shop(redis)
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        try await Task.sleep(for: .seconds(1))
        try await redis.ask("FLUSHALL")
        load.faultEnded()
        try await Task.sleep(for: .seconds(3))
        try await finish("Redis emptied", load, server)
    }

    @Test func failingOver() async throws {
        let shop = try await FaultShop.shared.value
        let cluster = try await RedisClusterServers(replicas: 1, nodeTimeout: 1000)
        let urls = cluster.servers.map { "\"redis://127.0.0.1:\($0.port)\"" }.joined(separator: ", ")
        let store = "{kind: redis, url: [\(urls)], cluster: true}"
        let server = try await shop.server(features: store, lists: store)
        try await server.start()
        try shop.push(to: server)
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        try await Task.sleep(for: .seconds(1))
        let victim = try #require(try await cluster.primaries().first)
        victim.kill()
        try await waitUntil("a replica has taken over") {
            let primaries = try await cluster.primaries()
            guard primaries.count == 3 else { return false }
            for primary in primaries {
                guard try await primary.ask("cluster", "info").contains("cluster_state:ok") else { return false }
            }
            return true
        }
        load.faultEnded()
        try await Task.sleep(for: .seconds(3))
        try await finish("Redis failing over", load, server)
    }
}
