import Core
import Features

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// At most so many items of one category in an answer: what is too many moves behind the answer, in its order.
package struct CategoryCap: Reranker {
    let most: Int
    package var name: String { "category-cap" }

    /// - Complexity: O(candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        var counts: [Int32: Int] = [:]
        var kept: [Candidate] = []
        var behind: [Candidate] = []
        for candidate in candidates {
            let category = context.bundle.items.category[Int(candidate.item)]
            // Behind the answer's end the cap holds nobody any more.
            guard category >= 0, kept.count < context.length else {
                kept.append(candidate)
                continue
            }
            if counts[category, default: 0] < most {
                counts[category, default: 0] += 1
                kept.append(candidate)
            } else {
                behind.append(candidate)
            }
        }
        let cut = min(context.length, kept.count)
        candidates = kept[..<cut] + (behind + kept[cut...])
    }
}

/// Adds to the scores of items and of categories.
package struct Boost: Reranker {
    let items: [String]
    let categories: [String]
    let by: Float
    package var name: String { "boost" }

    /// - Complexity: O(candidates · log candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        let boosted = Set(items.compactMap { context.bundle.data.items.index(of: $0).map(Int32.init) })
        let places = Set(categories.compactMap(context.bundle.items.place(ofCategory:)))
        for place in candidates.indices {
            let item = candidates[place].item
            guard boosted.contains(item) || places.contains(context.bundle.items.category[Int(item)]) else { continue }
            candidates[place].score += by
        }
        candidates.sort { $0.stands(before: $1) }
    }
}

/// Adds weight · 2^(−age / half-life) to each score, age counted from when the item appeared.
package struct Freshness: Reranker {
    let weight: Float
    /// In seconds.
    let halfLife: Double
    package var name: String { "freshness" }

    /// - Complexity: O(candidates · log candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        for place in candidates.indices {
            let first = context.bundle.items.appeared[Int(candidates[place].item)]
            // What was never sold is as new as can be.
            let age = first == .max ? 0 : max(0, Double(context.now - first))
            candidates[place].score += weight * Float(exp2(-age / halfLife))
        }
        candidates.sort { $0.stands(before: $1) }
    }
}

/// Puts an item at a place, whether a source proposed it or not, unless a filter drops it.
package struct Pin: Reranker {
    let item: String
    /// Counted from 1.
    let place: Int
    package var name: String { "pin" }

    /// - Complexity: O(candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        guard let index = context.bundle.data.items.index(of: item).map(Int32.init), context.passes(index) else {
            return
        }
        var pinned = Candidate(item: index, score: candidates.first?.score ?? 0, sources: 0)
        if let found = candidates.firstIndex(where: { $0.item == index }) { pinned = candidates.remove(at: found) }
        candidates.insert(pinned, at: min(place - 1, candidates.count))
    }
}
