import Core
import Foundation
import HTTPTypes
import Hummingbird
import Pipeline
import Serving
import Stores
import Testing

/// Experiments through the server: who is answered by what, what of it is logged and counted.
@Suite struct ExperimentTests {
    private static let declaration = """
        category: kind
        deadline-ms: 60000
        rerank: [explore: {temperature: 0.5, pool: 20}]
        experiments:
          order: {variants: {as-is: {}, plain: {rank: none, rerank: []}}}
          next: {kind: shadow, variants: {greedy: {rerank: [explore: {temperature: 0.1, pool: 20}]}}}
        """

    private func withShop(_ folder: TemporaryFolder, _ body: @escaping @Sendable (RunningServer) async throws -> Void)
        async throws
    {
        let shop = try SmallShop.shared.get()
        let store = Lists.store()
        try await Lists.publish(to: store)
        let options = PipelineOptions(
            configuration: try SmallShop.configuration(Self.declaration), bundles: shop.bundles)
        try await withServer(
            store, pipeline: options, configure: { $0.impressions = .init(folder: folder.path + "/impressions") }, body)
    }

    private static func ask(_ server: RunningServer, _ user: String, _ more: String = "", id: String = "") async throws
        -> RunningServer.Answer
    {
        try await server.execute(
            "/v1/recommendations", method: .post, headers: id.isEmpty ? [:] : [HTTPField.Name("X-Request-ID")!: id],
            body: "{\"user\":\"\(user)\",\"k\":5\(more)}")
    }

    @Test func answersNameTheirVariantAndAreLogged() async throws {
        let folder = TemporaryFolder()
        try await withShop(folder) { server in
            var variants: [String: String] = [:]
            for round in 0..<3 {
                for user in 0..<20 {
                    let answer = try await Self.ask(server, "u\(user)", id: "q\(round)-\(user)")
                    #expect(answer.status == 200 && answer.items.count == 5, "\(answer.text)")
                    let variant = try #require(answer.json["variants"]?["order"]?.string)
                    #expect(answer.json["variants"]?["next"] == nil)
                    #expect(answer.json["request"]?.string == "q\(round)-\(user)")
                    // On every server the same: of all rounds.
                    #expect(variants["u\(user)", default: variant] == variant)
                    variants["u\(user)"] = variant
                    let drawn = answer.json["items"]?.array?.allSatisfy { $0["propensity"] != nil }
                    #expect(drawn == (variant == "as-is"))
                }
            }
            #expect(Set(variants.values) == ["as-is", "plain"])
            _ = try await Self.ask(server, "u1", ",\"seed\":4", id: "seeded")
            let metrics = try await server.execute("/metrics").text
            let count = variants.values.count { $0 == "plain" } * 3
            #expect(
                metrics.contains(
                    "martlet_experiment_answers_total{experiment=\"order\",variant=\"plain\"} \(count + (variants["u1"] == "plain" ? 1 : 0))\n"
                ))
            #expect(metrics.contains("martlet_impressions_dropped_total 0\n"))
            #expect(
                metrics.contains(
                    "martlet_shadow_duration_seconds_bucket{experiment=\"next\",variant=\"greedy\",le=\"+Inf\"}"))
            // A body may hold what it held before.
            #expect(try await Self.ask(server, "u1", ",\"variant\":\"plain\"").status == 400)
        }
        var found: [LoggedAnswer] = []
        for segment in EventSegment.all(in: folder.path + "/impressions") {
            _ = try segment.readAnswers { found.append($0) }
        }
        #expect(found.count == 61 && Set(found.map(\.id)).count == 61)
        let first = try #require(found.first { $0.request == "q0-0" })
        #expect(first.user == "u0" && first.version == 1 && first.items.count == 5 && !first.isSpecial)
        #expect(found.first { $0.request == "seeded" }?.isSpecial == true)
        for answer in found {
            let isDrawn = answer.variants["order"] == "as-is"
            #expect(answer.items.allSatisfy { ($0.propensity != nil) == isDrawn })
            #expect(answer.items.allSatisfy { ($0.propensity ?? 1) > 0 && ($0.propensity ?? 1) <= 1 })
        }
        // Shadows have room for one request at a time; these came one after the other.
        let compared = found.filter { !$0.shadows.isEmpty }
        #expect(compared.count > 30, "\(compared.count)")
        #expect(compared.allSatisfy { $0.shadows[0].experiment == "next" && $0.shadows[0].propensities?.count == 5 })
    }

    /// The log's disk is gone in mid-service: answers go on, and are counted as not logged.
    @Test func aLogThatCannotBeWrittenFailsNoRequest() async throws {
        let folder = TemporaryFolder()
        try await withShop(folder) { server in
            try FileManager.default.removeItem(atPath: folder.path + "/impressions")
            for user in 0..<5 { #expect(try await Self.ask(server, "u\(user)").status == 200) }
            for _ in 0..<100 {
                if try await server.execute("/metrics").text.contains("martlet_impressions_dropped_total 5\n") {
                    return
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            Issue.record("the answers that were not logged are not counted")
        }
    }
}
