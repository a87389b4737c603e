import Tensor

/// The lists of several models for the same queries, their scores made comparable.
package struct BlendedLists: Sendable {
    /// Each member's lists, the scores normalised; an item that is not in a list has 0.
    package let members: [RankedLists]

    /// Normalises the lists of each member.
    ///
    /// With `range`, the item at place r of a list of n scores s₁ ≥ … ≥ sₙ gets (s_r − sₙ + δ) / (s₁ − sₙ + δ), where
    /// δ = (s₁ − sₙ) / n keeps the last above those that are not in the list. With `rank` it gets 20 / (20 + r), r from 0
    /// (Cormack et al., "Reciprocal Rank Fusion", 2009).
    package init(_ lists: [RankedLists], _ normalization: BlendNormalization) {
        members = lists.map { lists in
            var lists = lists
            for row in 0..<lists.count {
                let scores = lists.scores(row)
                guard let first = scores.first, let last = scores.last else { continue }
                let count = scores.count
                let spread = first - last
                for place in 0..<count {
                    let index = row * lists.k + place
                    switch normalization {
                    case .rank: lists.scores[index] = 20 / Float(20 + place)
                    case .range:
                        let step = spread / Float(count)
                        lists.scores[index] = spread > 0 ? (lists.scores[index] - last + step) / (spread + step) : 1
                    }
                }
            }
            return lists
        }
    }

    /// How many queries there are.
    package var count: Int { members.first?.count ?? 0 }

    /// The best of all members' items: score = Σ weight · normalised score, ties by lower index.
    ///
    /// - Complexity: O(queries · members · k)
    package func combined(_ weights: [Float], k: Int, itemCount: Int, threads: Int?) -> RankedLists {
        var lists = RankedLists(count: count, k: k)
        lists.items.withUnsafeMutableBufferPointer { items in
            lists.scores.withUnsafeMutableBufferPointer { scores in
                nonisolated(unsafe) let (items, scores) = (items, scores)
                parallelFor(count, grain: 64, threads: threads) { range, _ in
                    var sums = [Float](repeating: 0, count: itemCount)
                    var isCandidate = [Bool](repeating: false, count: itemCount)
                    var touched: [Int32] = []
                    for row in range {
                        for (member, weight) in zip(members, weights) {
                            for (item, score) in zip(member[row], member.scores(row)) {
                                if !isCandidate[Int(item)] { touched.append(item) }
                                isCandidate[Int(item)] = true
                                sums[Int(item)] += weight * score
                            }
                        }
                        var best = BestItems(k: k)
                        for item in touched {
                            best.offer(item, score: sums[Int(item)])
                            (sums[Int(item)], isCandidate[Int(item)]) = (0, false)
                        }
                        touched.removeAll(keepingCapacity: true)
                        for (rank, entry) in best.drain().enumerated() {
                            items[row * k + rank] = entry.item
                            scores[row * k + rank] = entry.score
                        }
                    }
                }
            }
        }
        return lists
    }
}
