import Core
import Features
import Foundation
import Pipeline
import Testing

struct ScoreDistributionTests {
    /// 0…99 lie ten by ten; of others the index is as worked out by hand.
    @Test func theIndexIsTheFormulas() throws {
        let expected = ScoreDistribution(of: (0..<100).map { Float($0) })
        #expect(expected.bounds == (1...9).map { Float($0 * 10) })
        #expect(expected.counts == Array(repeating: 10, count: 10))
        #expect([-5, 0, 9.5, 10, 89, 90, 1e9].map { expected.bin(of: $0) } == [0, 0, 0, 1, 8, 9, 9])
        #expect(expected.stabilityIndex(of: expected.counts) == 0)
        // All in the last bin: shares with half a score more are 0.5/105 and 100.5/105 against 10.5/105.
        let moved = (100.5 - 10.5) / 105 * log(100.5 / 10.5) + 9 * (0.5 - 10.5) / 105 * log(0.5 / 10.5)
        let index = try #require(expected.stabilityIndex(of: Array(repeating: 0, count: 9) + [100]))
        #expect(abs(index - moved) < 1e-12)
        #expect(expected.stabilityIndex(of: Array(repeating: 0, count: 10)) == nil)
        #expect(ScoreDistribution(of: []).stabilityIndex(of: [3]) == nil)
        // Scores that are all one are one bin and all above it.
        #expect(ScoreDistribution(of: [2, 2, .nan, 2]).counts == [0, 3])
    }

    /// A draw from the same scores stays under 0.1, one from scores half a standard deviation higher does not.
    @Test func aShiftShows() throws {
        var random = RandomSource(seed: 11)
        func normal() -> Float { (0..<12).reduce(-6) { sum, _ in sum + Float(random.uniform()) } }
        let expected = ScoreDistribution(of: (0..<1000).map { _ in normal() })
        func index(shift: Float) throws -> Double {
            var counts = expected.counts.map { _ in 0 }
            for _ in 0..<1000 { counts[expected.bin(of: normal() + shift)] += 1 }
            return try #require(expected.stabilityIndex(of: counts))
        }
        #expect(try index(shift: 0) < 0.05)
        #expect(try index(shift: 0.7) > 0.25)
    }

    /// What a bundle's own users are answered is what is recorded; the manifest keeps it.
    @Test func theBundlesScoresAreRecorded() async throws {
        let shop = try SmallShop.shared.get()
        let pipeline = try shop.pipeline()
        let scores = try #require(await pipeline.scoreDistribution(wall: SmallShop.end))
        #expect(scores.counts.reduce(0, +) == shop.data.users.trainedCount)
        #expect(await pipeline.scoreDistribution(wall: SmallShop.end) == scores)
        var manifest = pipeline.bundle.manifest
        manifest.scores = scores
        let read = try JSONDecoder().decode(BundleManifest.self, from: JSONEncoder().encode(manifest))
        #expect(read == manifest)
        #expect(try await shop.pipeline("{rank: none}").scoreDistribution(wall: SmallShop.end) == nil)
    }
}
