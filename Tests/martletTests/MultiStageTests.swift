import Core
import Foundation
import Testing

/// Several stages against retrieval alone, on a shop whose truth is known, by the program as users run it.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(10)))
struct MultiStageTests {
    /// All are judged on the same users of the last four weeks, by models that saw what came before.
    @Test(.tags(.slow)) func theWholePipelineBeatsRetrievalAlone() async throws {
        let shop = try await ShopProject(
            models: "{popularity: {}, item-cosine: {}, two-tower: {epochs: 8}, dlrm: {epochs: 8}}",
            users: 2000, items: 600, transactions: 60_000)
        try shop.replace("\nserve:", with: "\npipeline: {category: product_type_name, filters: []}\n\nserve:")
        let ended = try await shop.run(["evaluate", "--json", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        var ndcg: [String: Double] = [:]
        for model in try JSONValue(parsing: ended.output)["models"]?.array ?? [] {
            ndcg[model["name"]?.string ?? ""] = model["metrics"]?["ndcg@12"]?.number
        }
        let told = try await Program.run([
            "generate", "\(shop.folder)/again", "--users", "2000", "--items", "600", "--transactions", "60000",
            "--recall", "12", "--json", "--quiet",
        ])
        let best = try #require(try JSONValue(parsing: told.output)["recall"]?["bestNDCG"]?.number)
        let (pipeline, tower) = (try #require(ndcg["pipeline"]), try #require(ndcg["two-tower"]))
        #expect(pipeline > tower * 1.02 && pipeline < best, "NDCG@12 \(ndcg), the best possible \(best)")
    }
}
