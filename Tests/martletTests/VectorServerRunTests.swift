import Core
import Foundation
import TestSupport
import Testing

/// 'index: redisearch' in the project file: publishing fills the server, and the pipeline's answers come from it.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"))
struct VectorServerRunTests {
    @Test func publishingFillsAndServingAsks() async throws {
        let vectors = try RediSearchStandIn(protocolVersion: 2)
        let shop = try await ShopProject(models: "{popularity: {}, item-cosine: {}, two-tower: {epochs: 1}}")
        RunningServers.addFolder(shop.folder)
        let index = "{kind: redisearch, url: \"redis://127.0.0.1:\(vectors.port)\"}"
        try shop.replace(
            "\nserve:.*", with: "\npipeline: {category: product_type_name, index: \(index)}\n\nserve: {port: 0}")
        let ended = try await shop.run(["run", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        #expect(vectors.count(prefix: "shop:v1-") == 120)

        let path = "\(shop.folder)/data/transactions_train.csv"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let row = try #require(text.split(separator: "\n").last).split(separator: ",")
        let user = row[1].filter { $0 != "\"" }
        let server = FaultServer(project: shop.project)
        try await server.start()
        let before = vectors.commands.count
        let body = #"{"user":"\#(user)","k":5,"explain":true}"#
        let answer = try LoopbackConnection(port: server.port).ask("POST", "/v1/recommendations", body: body)
        #expect(
            answer.status == 200 && answer.json["skipped"] == nil, "\(String(decoding: answer.body, as: UTF8.self))")
        let sent = vectors.commands[before...].map { String(decoding: $0[0], as: UTF8.self) }
        #expect(sent.contains("FT.SEARCH"))
        #expect(answer.json["items"]?.array?.contains { "\($0["sources"] ?? .null)".contains("tower") } == true)

        // Nothing has changed: nothing is published. A server that lost the vectors is filled anew.
        #expect(try await shop.run(["publish", "--quiet"]).status == 0)
        #expect(vectors.count(prefix: "shop:v2-") == 0)
        vectors.clear()
        #expect(try await shop.run(["publish", "--quiet"]).status == 0)
        #expect(vectors.count(prefix: "shop:v2-") == 120)
        #expect(server.stop())
    }
}
