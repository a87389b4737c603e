import Core
import Pipeline
import Testing

@Suite struct ConfigurationTests {
    @Test func withoutASettingThereIsAPipeline() throws {
        let configuration = try SmallShop.configuration("{}")
        #expect(configuration.sources.map(\.name) == ["tower", "item-item", "list", "trending"])
        #expect(configuration.tower == "two-tower" && configuration.ranker == "dlrm")
        #expect(configuration.filters.map(\.word) == ["bought"] && configuration.rerankers.isEmpty)
        #expect(try SmallShop.configuration("{rank: none}").ranker == nil)
    }

    @Test func allFaultsAreShownAtOnceEachWithItsPlace() throws {
        let text = """
            k: 0
            deadline-ms: soon
            sources:
              - towr
              - trending: {take: 5, quota: 9}
              - trending
              - tower: {model: popularity}
            merge: {limit: 4}
            filters:
              - seen: {kinds: [vew]}
            rank: {model: dlrn}
            rerank:
              - explore
              - category-cap: {mots: 2}
            """
        let error = #expect(throws: InvalidFile.self) { try SmallShop.configuration(text) }
        let told = (error?.errors ?? []).map { ($0.location.map { "\($0.line)" } ?? "-", $0.description) }
        func has(_ line: String, _ words: String...) -> Bool {
            told.contains { entry in entry.0 == line && words.allSatisfy { entry.1.contains($0) } }
        }
        #expect(has("1", "pipeline.k", "1…1000"))
        #expect(has("2", "deadline-ms", "whole number"))
        #expect(has("4", "towr", "did you mean 'tower'?"))
        #expect(has("5", "quota", "only 5 items are taken"))
        #expect(has("6", "stands twice"))
        #expect(has("7", "'popularity'", "does not make vectors"))
        #expect(has("10", "vew", "did you mean 'view'?"))
        #expect(has("11", "no model 'dlrn'", "did you mean 'dlrm'?"))
        #expect(has("14", "mots", "did you mean 'most'?"))
        #expect(told.contains { $0.1.contains("quotas") && $0.1.contains("add up to 9") })
        #expect(told.contains { $0.1.contains("'category-cap' after 'explore'") })
        #expect(told.contains { $0.1.contains("'category-cap' needs to know an item's category") })
        #expect(told.allSatisfy { $0.1.hasPrefix("martlet.yml:") })
    }
}
