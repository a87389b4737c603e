import Core
import Features

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How scores are spread: how many of them lie between the deciles.
public struct ScoreDistribution: Codable, Sendable, Equatable {
    /// The upper bounds of the bins but the last, ascending; a score that equals one lies above it.
    public var bounds: [Float]
    /// How many scores lie in each bin: one bin more than there are bounds.
    public var counts: [Int]

    /// Parts scores at their deciles; not finite ones are left out, and equal deciles are one.
    ///
    /// - Complexity: O(N log N)
    public init(of scores: [Float]) {
        let sorted = scores.filter(\.isFinite).sorted()
        bounds = []
        for tenth in 1..<10 where !sorted.isEmpty {
            let bound = sorted[min(tenth * sorted.count / 10, sorted.count - 1)]
            if bounds.last != bound { bounds.append(bound) }
        }
        counts = Array(repeating: 0, count: bounds.count + 1)
        for score in sorted { counts[bin(of: score)] += 1 }
    }

    /// The bin that a score lies in.
    public func bin(of score: Float) -> Int { bounds.firstIndex { score < $0 } ?? bounds.count }

    /// The population stability index of other scores, counted in the same bins:
    ///
    ///     PSI = Σ over bins of (aᵢ − eᵢ) · ln(aᵢ / eᵢ)
    ///
    /// where eᵢ and aᵢ are the shares of these and of the other scores in bin i. Half a score more in each bin keeps an
    /// empty one from being infinite. Under 0.1 little has changed; from 0.25 on something has.
    ///
    /// Source: Siddiqi, "Credit Risk Scorecards" (2006).
    ///
    /// - Returns: nil if there are no scores on one of the sides.
    public func stabilityIndex(of others: [Int]) -> Double? {
        let (expectedTotal, actualTotal) = (Double(counts.reduce(0, +)), Double(others.reduce(0, +)))
        guard expectedTotal > 0, actualTotal > 0, others.count == counts.count else { return nil }
        let half = Double(counts.count) / 2
        return zip(counts, others).reduce(0) { sum, pair in
            let expected = (Double(pair.0) + 0.5) / (expectedTotal + half)
            let actual = (Double(pair.1) + 0.5) / (actualTotal + half)
            return sum + (actual - expected) * log(actual / expected)
        }
    }
}

extension PipelineAnswer {
    /// The ranking model's best score among the items; nil if it did not rank, if the user was unknown to all models, or if
    /// a variant of an experiment answered: their scores are another population.
    public var bestScore: Float? {
        guard !isUnknownUser, variants.isEmpty, stages.contains(where: { $0.name == "rank" && $0.outcome == .done })
        else { return nil }
        return items.lazy.map(\.score).max()
    }
}

extension RecommendationPipeline {
    /// How many users' answers a bundle's distribution of scores is made of.
    private static let scoredUsers = 1000

    /// The best scores of the answers to trained users, all of them or some by chance (the same for the same bundle), as
    /// they are when the bundle is made; nil if no model ranks.
    ///
    /// - Parameter wall: the moment, in seconds since 1970.
    package func scoreDistribution(wall: Int64) async -> ScoreDistribution? {
        let trained = bundle.data.users.trainedCount
        guard scorer != nil, trained > 0 else { return nil }
        var random = RandomSource(seed: 1, stream: 0x7363_6f72)
        let users =
            trained <= Self.scoredUsers
            ? Array(0..<trained) : (0..<Self.scoredUsers).map { _ in random.index(below: trained) }
        var scores: [Float] = []
        for start in stride(from: 0, to: users.count, by: 64) {
            let requests = users[start..<min(start + 64, users.count)].map {
                PipelineRequest(user: bundle.data.users.id($0))
            }
            scores += await answers(to: requests, wall: wall).compactMap(\.bestScore)
        }
        return ScoreDistribution(of: scores)
    }
}
