import Core
import Features
import Foundation
import Pipeline
import TestSupport
import Testing

/// A pipeline whose vectors a server keeps answers as the one whose vectors are in the process.
@Suite(.serialized, .timeLimit(.minutes(3))) struct VectorServerTests {
    /// A bundle of the small shop whose vectors are on the server that the declaration names.
    private func pipeline(_ yaml: String, shop: SmallShop) async throws -> RecommendationPipeline {
        let store = BundleStore(folder: "\(shop.folder)/served-\(UInt64.random(in: 0 ... .max))")
        let path = shop.bundles.path(version: 1)
        var manifest = try BundleManifest(reading: path)
        manifest.vectors = "shop:v1"
        try store.publish(
            manifest, pieces: ["dataset", "parts", "lists", "retrieval", "ranking"].map { ($0, "\(path)/\($0)") })
        let configuration = try SmallShop.configuration(yaml)
        let bundle = try ServedBundle(folder: store.path(version: 1), configuration: configuration)
        try await configuration.fillVectors(from: bundle)
        #expect(await configuration.hasVectors(of: store.path(version: 1)) == false, "the manifest knows no index")
        return RecommendationPipeline(configuration, bundle: bundle, activity: NoActivity())
    }

    private func compare(_ index: String) async throws -> RecommendationPipeline {
        let shop = try SmallShop.shared.get()
        let rest = "category: kind, deadline-ms: 60000, sources: [tower: {take: 15}, trending: {take: 3}]"
        let served = try await pipeline("{\(rest), index: \(index)}", shop: shop)
        let local = try shop.pipeline("{\(rest)}")
        var requests = (0..<20).map { PipelineRequest(user: "u\($0)", k: 8) } + [PipelineRequest(user: "nobody", k: 8)]
        requests[3].categories = ["kind 1"]
        requests[4].excluded = ["i0", "i4", "i8"]
        let wall = SmallShop.end + 86_400
        let found = await served.answers(to: requests, wall: wall)
        for (answer, expected) in zip(found, await local.answers(to: requests, wall: wall)) {
            #expect(answer.ids == expected.ids)
            for (item, other) in zip(answer.items, expected.items) {
                #expect(item.sources == other.sources && abs(item.score - other.score) < 1e-4)
            }
            #expect(answer.stages.allSatisfy { $0.outcome == .done })
        }
        return served
    }

    @Test func rediSearch() async throws {
        let server = try RediSearchStandIn(protocolVersion: 3)
        let served = try await compare("{kind: redisearch, url: \"redis://127.0.0.1:\(server.port)\"}")
        #expect(server.count(prefix: "shop:v1:") == served.bundle.data.items.count)
        // A server that is gone costs its source alone.
        server.stop()
        let answer = await served.answer(PipelineRequest(user: "u1", k: 8))
        #expect(answer.items.count == 8)
        #expect(answer.stages.first { $0.name == "source.tower" }?.skipped == "failed")
        await served.configuration.removeVectors(["shop:v1"])
    }

    @Test(.enabled(if: Redis8.command != nil, "Redis 8 is not there: scripts/redis8"))
    func vectorSets() async throws {
        let server = try await Redis8.server()
        let served = try await compare("{kind: redis-vector-sets, url: \"redis://127.0.0.1:\(server.port)\"}")
        #expect(try await server.ask("HLEN", "{shop:v1}:vectors") == "\(served.bundle.data.items.count)\n")
        await served.configuration.removeVectors(["shop:v1"])
        #expect(try await server.ask("DBSIZE") == "0\n")
    }

    @Test func aServerMustBeNamed() throws {
        for yaml in ["{index: redisearch}", "{index: {kind: redis-vector-sets}}"] {
            let error = #expect(throws: MartletError.self) { _ = try SmallShop.configuration(yaml) }
            #expect("\(error.map { "\($0)" } ?? "")".contains("redis://127.0.0.1:6379"))
        }
    }
}
