import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Every metric of every user who has something to find.
struct UserMetrics: Sendable {
    /// The metrics of a user (coverage is not one of them).
    let metrics: [RankingMetric]
    /// The lists that were measured: those whose user has at least one relevant item.
    let users: [Int]
    /// `metrics × users`, metric after metric.
    let values: [Float]
    /// How many lists were empty though their user has something to find.
    let emptyLists: Int

    /// Measures the lists.
    ///
    /// - Complexity: O(U · (R log R + k log R)), users shared out over threads.
    init(lists: RankedLists, truth: SparseRows, metrics: [RankingMetric]) {
        let metrics = metrics.filter { $0.measure != .coverage }
        let users = (0..<lists.count).filter { !truth.range($0).isEmpty }
        let deepest = metrics.map(\.k).max() ?? 1
        // discounts[i] = 1 / log₂(i + 2), ideal[n] = Σ of the first n.
        let discounts = (0..<deepest).map { 1 / log2(Double($0) + 2) }
        var ideal = [0.0]
        for discount in discounts { ideal.append(ideal.last! + discount) }
        let ideals = ideal
        var values = [Float](repeating: 0, count: metrics.count * users.count)
        values.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let values = buffer
            parallelFor(users.count, grain: 256) { range, _ in
                var hits: [Int] = []
                for place in range {
                    let relevant = UserMetrics.findHits(lists[users[place]].prefix(deepest), truth[users[place]], &hits)
                    for (number, metric) in metrics.enumerated() {
                        values[number * users.count + place] = Float(
                            UserMetrics.value(
                                of: metric, hits: hits, relevant: relevant, discounts: discounts, ideals: ideals))
                    }
                }
            }
        }
        self.metrics = metrics
        self.users = users
        self.values = values
        emptyLists = users.count { lists[$0].isEmpty }
    }

    /// The values of metric `number`, user by user.
    func values(_ number: Int) -> ArraySlice<Float> { values[number * users.count..<(number + 1) * users.count] }

    /// Collects the places (from 0) of the relevant items, an item that comes twice counted at its first place.
    ///
    /// - Returns: the number of different relevant items.
    private static func findHits(_ list: ArraySlice<Int32>, _ truth: ArraySlice<Int32>, _ hits: inout [Int]) -> Int {
        hits.removeAll(keepingCapacity: true)
        var open = Set(truth)
        let relevant = open.count
        for (place, item) in list.enumerated() where open.remove(item) != nil { hits.append(place) }
        return relevant
    }

    private static func value(
        of metric: RankingMetric, hits: [Int], relevant: Int, discounts: [Double], ideals: [Double]
    ) -> Double {
        let within = hits.prefix { $0 < metric.k }
        switch metric.measure {
        case .recall: return Double(within.count) / Double(relevant)
        case .ndcg: return within.reduce(0) { $0 + discounts[$1] } / ideals[min(metric.k, relevant)]
        case .map:
            var sum = 0.0
            for (earlier, place) in within.enumerated() { sum += Double(earlier + 1) / Double(place + 1) }
            return sum / Double(min(metric.k, relevant))
        case .mrr: return within.first.map { 1 / Double($0 + 1) } ?? 0
        case .hitRate: return within.isEmpty ? 0 : 1
        case .precision: return Double(within.count) / Double(metric.k)
        case .coverage: return 0
        }
    }
}
