import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Prefers what costs about as much as the user usually spends: adds weight · exp(−½ · (ln(p / p̄) / width)²) to each
/// score, p̄ the geometric mean of the prices in the user's history. A width of 0.5 is about half as much more or less.
///
/// Without a history, or for an item without a price, nothing is added.
package struct PriceBand: Reranker {
    let column: String
    let weight: Float
    let width: Double
    package var name: String { "price-band" }

    /// - Complexity: O(history + candidates · log candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        guard let prices = try? context.bundle.columns.numbers(column) else { return }
        let paid = context.history.map { prices[Int($0)] }.filter { $0 > 0 && $0.isFinite }.map { log($0) }
        guard !paid.isEmpty else { return }
        let usual = paid.reduce(0, +) / Double(paid.count)
        for place in candidates.indices {
            let price = prices[Int(candidates[place].item)]
            guard price > 0, price.isFinite else { continue }
            let distance = (log(price) - usual) / width
            candidates[place].score += weight * Float(exp(-0.5 * distance * distance))
        }
        candidates.sort { $0.stands(before: $1) }
    }
}
