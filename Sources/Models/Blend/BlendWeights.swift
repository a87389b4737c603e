import Core
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds the weights of a blend: those with the highest recall@k + NDCG@k on what users took next.
///
/// The measure is a step function of the weights, so they are found by trying: from the best single member on, each
/// weight in turn is moved up and down, by ever smaller steps, as long as that helps.
package struct BlendWeights: Sendable {
    /// One user's candidates, `candidates × members`, those that the user took first.
    private struct Case: Sendable {
        var scores: [Float]
        /// How many of the candidates the user took; they stand first.
        var found: Int
        /// How many items the user took.
        var taken: Int
    }

    private let cases: [Case]
    private let memberCount: Int
    private let k: Int
    private let threads: Int?

    /// The most places of a list whose items are candidates: what stands below rarely comes up.
    private static let depth = 100

    /// Collects the candidates of each user.
    ///
    /// - Parameter truth: what each user of the lists took.
    package init(_ lists: BlendedLists, truth: [Set<Int32>], k: Int, threads: Int?) {
        self.k = k
        self.threads = threads
        memberCount = lists.members.count
        let members = lists.members
        let depth = max(Self.depth, 2 * k)
        cases = truth.enumerated().compactMap { row, taken in
            var places: [Int32: Int] = [:]
            var order: [Int32] = []
            for member in members {
                for item in member[row].prefix(depth) where places.updateValue(0, forKey: item) == nil {
                    order.append(item)
                }
            }
            // The order of the rest does not matter: only how many stand above each item that was taken.
            let found = order.filter(taken.contains)
            guard !found.isEmpty else { return Case(scores: [], found: 0, taken: taken.count) }
            order = found + order.filter { !taken.contains($0) }
            for (place, item) in order.enumerated() { places[item] = place }
            var scores = [Float](repeating: 0, count: order.count * members.count)
            for (number, member) in members.enumerated() {
                for (item, score) in zip(member[row], member.scores(row)) {
                    if let place = places[item] { scores[number * order.count + place] = score }
                }
            }
            return Case(scores: scores, found: found.count, taken: taken.count)
        }
    }

    /// Searches; the weights sum to 1.
    ///
    /// - Complexity: O(users · candidates · members) for each of some hundred trials
    package func search() -> [Double] {
        var best = (weights: [Double](repeating: 1 / Double(memberCount), count: memberCount), value: -1.0)
        best.value = measure(best.weights)
        for member in 0..<memberCount {
            let alone = (0..<memberCount).map { $0 == member ? 1.0 : 0 }
            let value = measure(alone)
            if value > best.value { best = (alone, value) }
        }
        for step in [0.4, 0.2, 0.1, 0.05, 0.025] {
            var isBetter = true
            while isBetter {
                isBetter = false
                for member in 0..<memberCount {
                    for change in [step, -step] {
                        var weights = best.weights
                        weights[member] = max(0, weights[member] + change)
                        let sum = weights.reduce(0, +)
                        guard sum > 0, weights[member] != best.weights[member] else { continue }
                        weights = weights.map { $0 / sum }
                        let value = measure(weights)
                        if value > best.value + 1e-7 {
                            best = (weights, value)
                            isBetter = true
                        }
                    }
                }
            }
        }
        return best.weights.map { ($0 * 1e4).rounded() / 1e4 }
    }

    /// Recall@k + NDCG@k, the mean over users.
    package func measure(_ weights: [Double]) -> Double {
        let weights = weights.map { Float($0) }
        let discounts = (0..<k).map { 1 / log2(Double($0) + 2) }
        var ideals = [0.0]
        for discount in discounts { ideals.append(ideals.last! + discount) }
        let ideal = ideals
        var values = [Double](repeating: 0, count: cases.count)
        values.withUnsafeMutableBufferPointer { values in
            nonisolated(unsafe) let values = values
            parallelFor(cases.count, grain: 64, threads: threads) { range, _ in
                var sums: [Float] = []
                for row in range where cases[row].found > 0 {
                    let entry = cases[row]
                    let count = entry.scores.count / memberCount
                    sums = [Float](repeating: 0, count: count)
                    sums.withUnsafeMutableBufferPointer { sums in
                        entry.scores.withUnsafeBufferPointer { scores in
                            for member in 0..<memberCount where weights[member] > 0 {
                                for place in 0..<count {
                                    sums[place] += weights[member] * scores[member * count + place]
                                }
                            }
                            for found in 0..<entry.found {
                                var above = 0
                                // Ties go against the item that was taken, so that no member gains by scoring all alike.
                                for place in 0..<count { above += sums[place] >= sums[found] ? 1 : 0 }
                                guard above <= k else { continue }
                                values[row] +=
                                    1 / Double(entry.taken) + discounts[above - 1] / ideal[min(k, entry.taken)]
                            }
                        }
                    }
                }
            }
        }
        return values.reduce(0, +) / Double(max(cases.count, 1))
    }
}
