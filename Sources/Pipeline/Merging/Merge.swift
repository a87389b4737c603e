/// Makes one list of candidates of what several sources proposed.
///
/// First each source, in the declaration's order, gets its quota in: its best items that no source before it put in.
/// Then the sources take turns, each with its next best item, until the limit is reached. An item that several propose
/// is one candidate. Until a model ranks them, candidates are scored by the ranks that they had:
///
/// score(i) = Σ over the sources that proposed i of weight / (60 + rank)
///
/// Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
/// Methods" (2009).
package struct Merge: Sendable {
    /// The most candidates.
    package let limit: Int
    /// How many items of each source are candidates whatever the others propose.
    package let quotas: [Int]
    /// How much each source's ranks count.
    package let weights: [Double]

    package init(limit: Int, quotas: [Int], weights: [Double]) {
        precondition(quotas.count == weights.count && quotas.count <= 32, "each source has a quota and a weight")
        self.limit = limit
        self.quotas = quotas
        self.weights = weights
    }

    /// Merges the lists of the sources for one request.
    ///
    /// - Returns: the candidates, best first.
    /// - Complexity: O(items of all lists + candidates · log candidates)
    package func callAsFunction(_ lists: [[ScoredItem]]) -> [Candidate] {
        if lists.count == 1, let only = alone(lists[0]) { return only }
        var places: [Int32: Int] = [:]
        places.reserveCapacity(limit)
        var scores: [Double] = []
        var candidates: [Candidate] = []
        candidates.reserveCapacity(limit)
        func put(_ item: Int32) -> Bool {
            guard places[item] == nil, candidates.count < limit else { return false }
            places[item] = candidates.count
            candidates.append(Candidate(item: item, score: 0, sources: 0))
            return true
        }
        var next = [Int](repeating: 0, count: lists.count)
        for (source, list) in lists.enumerated() {
            var left = quotas[source]
            while left > 0, next[source] < list.count {
                if put(list[next[source]].item) { left -= 1 }
                next[source] += 1
            }
        }
        var isOpen = true
        while isOpen, candidates.count < limit {
            isOpen = false
            for (source, list) in lists.enumerated() {
                while next[source] < list.count {
                    isOpen = true
                    next[source] += 1
                    if put(list[next[source] - 1].item) { break }
                }
            }
        }
        scores = [Double](repeating: 0, count: candidates.count)
        for (source, list) in lists.enumerated() {
            for (rank, entry) in list.enumerated() {
                guard let place = places[entry.item] else { continue }
                candidates[place].sources |= 1 << UInt32(source)
                scores[place] += weights[source] / Double(61 + rank)
            }
        }
        for place in candidates.indices { candidates[place].score = Float(scores[place]) }
        return candidates.ordered
    }

    /// The candidates of one source that says nothing twice: its list as it is.
    private func alone(_ list: [ScoredItem]) -> [Candidate]? {
        guard weights[0] > 0, Set(list.lazy.map(\.item)).count == list.count else { return nil }
        let candidates = list.prefix(limit).enumerated().map { rank, entry in
            Candidate(item: entry.item, score: Float(weights[0] / Double(61 + rank)), sources: 1)
        }
        // Far down a list, ranks may share a score.
        return list.count < 1000 ? candidates : candidates.ordered
    }
}
