import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws the order of the pool: place after place, item i with probability exp(s(i)/τ) / Σ exp(s/τ) over what is left.
///
/// Adding Gumbel noise to s/τ and sorting is such a draw (Plackett–Luce). Each item carries the probability of its place
/// given those above it, which is what inverse propensity scoring needs.
///
/// Source: Kool, van Hoof and Welling, "Stochastic Beams and Where to Find Them" (2019).
package struct GumbelExploration: Reranker {
    let temperature: Double
    let pool: Int
    package var name: String { "explore" }

    /// - Complexity: O(pool · log pool)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        let count = min(pool, candidates.count)
        guard count > 0 else { return }
        var random = RandomSource(seed: context.seed, stream: 0x6578_706C)
        let head = Array(candidates[..<count])
        let finite = head.map { $0.score.isFinite ? Double($0.score) / temperature : -1e300 }
        // 1 − u lies in (0, 1], so that neither logarithm is infinite but for u = 0, which has no noise to add.
        let noisy = finite.map { $0 - log(max(-log(1 - random.uniform() * (1 - 0x1p-53)), .leastNormalMagnitude)) }
        let order = (0..<count).sorted { (noisy[$1], $0) < (noisy[$0], $1) }
        let largest = finite.max() ?? 0
        // Sums from the last place up: no subtraction, no loss of digits.
        var left = 0.0
        var propensities = [Double](repeating: 0, count: count)
        for place in (0..<count).reversed() {
            let mass = exp(finite[order[place]] - largest)
            left += mass
            propensities[place] = left > 0 ? mass / left : 1 / Double(count - place)
        }
        for place in 0..<count {
            candidates[place] = head[order[place]]
            candidates[place].propensity = propensities[place]
        }
    }
}
