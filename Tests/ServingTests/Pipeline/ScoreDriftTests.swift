import Core
import Features
import Foundation
import HTTPTypes
import Models
import Pipeline
import Serving
import Stores
import Synchronization
import Testing

/// The score drift on `/metrics`: of the ranker that was published, and of one in its place that learned next to nothing.
@Suite final class ScoreDriftTests: Sendable {
    private func drift(ranker: String, scores: ScoreDistribution?) async throws -> (text: String, drift: Double?) {
        let shop = try SmallShop.shared.get()
        let bundles = BundleStore(folder: "\(shop.folder)/drift-\(UInt64.random(in: 0 ... .max))")
        let path = shop.bundles.path(version: 1)
        var manifest = try BundleManifest(reading: path)
        manifest.scores = scores
        try bundles.publish(
            manifest,
            pieces: ["dataset", "parts", "lists", "retrieval"].map { ($0, "\(path)/\($0)") } + [("ranking", ranker)])
        let store = Lists.store()
        try await Lists.publish(to: store)
        let options = PipelineOptions(
            configuration: try SmallShop.configuration("{category: kind, deadline-ms: 60000}"), bundles: bundles)
        var text = ""
        try await withServer(store, pipeline: options) { server in
            for round in 0..<4 {
                for user in 0..<60 {
                    let answer = try await server.execute(
                        "/v1/recommendations", method: .post, body: "{\"user\":\"u\(user)\",\"k\":5}")
                    #expect(answer.status == 200)
                }
                if round == 0 {
                    // Sixty answers are too few to tell.
                    #expect(try await server.execute("/metrics").text.contains("score_drift{") == false)
                }
            }
            // Who is unknown is not of the population.
            _ = try await server.execute("/v1/recommendations", method: .post, body: "{\"user\":\"nobody\"}")
            let metrics = try await server.execute("/metrics").text
            self.lastMetrics.withLock { $0 = metrics }
        }
        text = lastMetrics.withLock { $0 }
        let line = text.split(separator: "\n").first { $0.hasPrefix("martlet_pipeline_score_drift{version=\"1\"} ") }
        return (text, line.flatMap { $0.split(separator: " ").last.flatMap { Double($0) } })
    }

    private let lastMetrics = Mutex("")

    @Test func aShiftedRankerMovesIt() async throws {
        let shop = try SmallShop.shared.get()
        let own = "\(shop.bundles.path(version: 1))/ranking"
        let scores = try await shop.pipeline().scoreDistribution(wall: Int64(Date().timeIntervalSince1970))
        let same = try await drift(ranker: own, scores: scores)
        #expect(try #require(same.drift) < 0.1)
        #expect(same.text.contains("martlet_pipeline_score_drift_answers{version=\"1\"} 240\n"))

        var other = try ModelRegistry.make(
            kind: "dlrm",
            hyperparameters: [
                "dimension": 8, "layers": [16], "bottom-layers": [8], "epochs": 1, "batch-size": 256,
                "learning-rate": 0.000_1,
            ])
        _ = try other.fit(shop.data, options: TrainingOptions(seed: 9))
        let place = "\(shop.folder)/shifted-ranking"
        try other.save(to: place)
        let shifted = try await drift(ranker: place, scores: scores)
        #expect(try #require(shifted.drift) > 0.25)
        // A bundle of an older program says nothing.
        #expect(try await drift(ranker: own, scores: nil).text.contains("score_drift") == false)
    }
}
