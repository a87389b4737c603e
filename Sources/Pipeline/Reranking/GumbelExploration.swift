import Core
import Features

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws the order of the pool: place after place, item i with probability exp(s(i)/τ) / Σ exp(s/τ) over what is left.
///
/// Adding Gumbel noise to s/τ and sorting is such a draw (Plackett–Luce). Each item carries the probability of its place
/// given those above it. The first place's is its probability outright; the product of those down to place j is that of
/// the list's first j items, and the product of all is that of the list: what inverse propensity scoring needs for a
/// place, for a cascade and for a whole slate. The marginal probability of an item at a lower place, summed over all that
/// could have stood above it, is another number, which nobody computes here.
///
/// Items that a later rule pins take no part, so that the probabilities of the others are those of the list as it is
/// shown: without an item, the rest of a Plackett–Luce draw is a draw of the rest. Items whose score is no finite number
/// stand behind the drawn ones, in their order.
///
/// Source: Kool, van Hoof and Welling, "Stochastic Beams and Where to Find Them" (2019).
package struct GumbelExploration: Reranker {
    let temperature: Double
    let pool: Int
    /// The items that are pinned afterwards.
    var pinned: [String] = []
    package var name: String { "explore" }

    /// - Complexity: O(candidates + pool · log pool)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        let fixed = Set(pinned.compactMap { context.bundle.data.items.index(of: $0).map(Int32.init) })
        var head: [Candidate] = []
        var tail: [Candidate] = []
        for candidate in candidates {
            let isDrawn = head.count < pool && candidate.score.isFinite && !fixed.contains(candidate.item)
            if isDrawn { head.append(candidate) } else { tail.append(candidate) }
        }
        var random = RandomSource(seed: context.seed, stream: 0x6578_706C)
        let scaled = head.map { Double($0.score) / temperature }
        // 1 − u lies in (0, 1], so that neither logarithm is infinite but for u = 0, which has no noise to add.
        let noisy = scaled.map { $0 - log(max(-log(1 - random.uniform() * (1 - 0x1p-53)), .leastNormalMagnitude)) }
        let order = head.indices.sorted { (noisy[$1], $0) < (noisy[$0], $1) }
        // Sums from the last place up and in logarithms: nothing is taken off, and nothing is too small to be told.
        var left = -Double.infinity
        for place in head.indices.reversed() {
            let own = scaled[order[place]]
            let (low, high) = (min(left, own), max(left, own))
            left = high + log1p(exp(low - high))
            candidates[place] = head[order[place]]
            candidates[place].propensity = exp(own - left)
        }
        candidates.replaceSubrange(head.count..., with: tail)
    }
}
