import Core
import HTTPTypes
import Hummingbird
import Pipeline
import Serving
import Stores
import Testing

@Suite struct EventPipelineTests {
    /// Somebody who was never seen buys things of kind 2: the very next answer shows other things of kind 2.
    @Test func aPostedPurchaseChangesTheNextRecommendation() async throws {
        let shop = try SmallShop.shared.get()
        let store = Lists.store()
        try await Lists.publish(to: store)
        let options = PipelineOptions(
            configuration: try SmallShop.configuration("{category: kind, deadline-ms: 60000}"), bundles: shop.bundles)
        let folder = TemporaryFolder()
        try await withServer(store, pipeline: options, configure: { $0.events = .init(folder: folder.path) }) {
            server in
            func ask() async throws -> RunningServer.Answer {
                try await server.execute(
                    "/v1/recommendations", method: .post, body: #"{"user": "newcomer", "k": 5}"#)
            }
            let before = try await ask()
            #expect(before.status == 200 && before.json["reason"] == "unknown-user", "\(before.text)")
            let bought = ["i2", "i6", "i10"]
            let events = bought.map { #"{"kind": "purchase", "user": "newcomer", "item": "\#($0)"}"# }
            let posted = try await server.execute(
                "/v1/events", method: .post, body: "{\"events\": [\(events.joined(separator: ","))]}")
            #expect(posted.status == 200)
            let after = try await ask()
            #expect(after.json["reason"] == nil && after.items.count == 5, "\(after.text)")
            #expect(after.items.allSatisfy { !bought.contains($0) })
            // Two of the kind are left.
            #expect(after.items.prefix(2).allSatisfy { SmallShop.kind(ofItem: $0) == 2 }, "\(after.items)")
            let metrics = try await server.execute("/metrics").text
            #expect(metrics.contains("martlet_events_recommendation_age_seconds_count 1\n"))
        }
    }
}
