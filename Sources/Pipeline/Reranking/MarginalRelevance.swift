import Index
import Tensor

/// Maximal marginal relevance: place after place goes to the item with the best of
/// (1 − weight) · s(i) − weight · max over the items above of sim(i, j).
///
/// s are the scores of the pool scaled to 0…1. sim is the cosine of the items' vectors where there is an index, else 1
/// for items of one category and 0 for others.
///
/// Source: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking" (1998).
package struct MarginalRelevance: Reranker {
    let weight: Float
    let pool: Int
    package var name: String { "mmr" }

    /// - Complexity: O(length · pool · D)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        let count = min(pool, candidates.count)
        guard count > 1, weight > 0 else { return }
        let places = min(context.length, count)
        let head = Array(candidates[..<count])
        let scaled = Self.scaled(head.map(\.score))
        let likeness = Likeness(head.map(\.item), context.bundle)
        var nearest = [Float](repeating: -.infinity, count: count)
        var left = Array(0..<count)
        var order: [Int] = []
        while order.count < places {
            var best = 0
            var bestValue = -Float.infinity
            for (place, candidate) in left.enumerated() {
                let penalty = order.isEmpty ? 0 : nearest[candidate]
                let value = (1 - weight) * scaled[candidate] - weight * penalty
                if value > bestValue { (best, bestValue) = (place, value) }
            }
            let taken = left.remove(at: best)
            order.append(taken)
            for candidate in left { nearest[candidate] = max(nearest[candidate], likeness(candidate, taken)) }
        }
        for (place, candidate) in (order + left).enumerated() { candidates[place] = head[candidate] }
    }

    /// Scores from 0 for the least to 1 for the greatest; what is no number is 0.
    static func scaled(_ scores: [Float]) -> [Float] {
        let finite = scores.filter(\.isFinite)
        guard let least = finite.min(), let greatest = finite.max(), greatest > least else {
            return scores.map { $0.isNaN ? 0 : 1 }
        }
        return scores.map { $0.isFinite ? ($0 - least) / (greatest - least) : $0 > 0 ? 1 : 0 }
    }

    /// How alike the items of a pool are.
    private struct Likeness {
        private let directions: [[Float]?]
        private let categories: [Int32]

        init(_ items: [Int32], _ bundle: ServedBundle) {
            directions = items.map { item in
                guard let vector = bundle.index?.vector(of: item)?.prefix(bundle.directionWidth) else { return nil }
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return length > 0 ? vector.map { $0 / length } : nil
            }
            categories = items.map { bundle.items.category[Int($0)] }
        }

        func callAsFunction(_ a: Int, _ b: Int) -> Float {
            if let left = directions[a], let right = directions[b] {
                return left.withUnsafeBufferPointer { left in right.withUnsafeBufferPointer { dot(left, $0) } }
            }
            return categories[a] >= 0 && categories[a] == categories[b] ? 1 : 0
        }
    }
}
