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
    /// Each thread marks a user's relevant items in an array over all items and unmarks them as it finds them, so that
    /// an item that comes twice counts at its first place.
    ///
    /// - Complexity: O(U · (R + k · metrics)), users shared out over threads.
    init(lists: RankedLists, truth: SparseRows, metrics: [RankingMetric]) {
        let metrics = metrics.filter { $0.measure != .coverage }
        let users = (0..<lists.count).filter { truth.offsets[$0] < truth.offsets[$0 + 1] }
        let deepest = metrics.map(\.k).max() ?? 1
        // discounts[i] = 1 / log₂(i + 2), ideal[n] = Σ of the first n.
        let discounts = (0..<deepest).map { 1 / log2(Double($0) + 2) }
        var ideal = [0.0]
        for discount in discounts { ideal.append(ideal.last! + discount) }
        let gains = Gains(discounts: discounts, ideals: ideal)
        var values = [Float](repeating: 0, count: metrics.count * users.count)
        values.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let values = buffer
            parallelFor(users.count, grain: 256) { range, _ in
                var search = HitSearch(lists: lists, truth: truth, k: deepest)
                for place in range {
                    let relevant = search.find(users[place])
                    search.hits.withUnsafeBufferPointer { hits in
                        for number in 0..<metrics.count {
                            values[number * users.count + place] = Float(
                                gains.value(of: metrics[number], hits, count: search.count, relevant: relevant))
                        }
                    }
                }
            }
        }
        self.metrics = metrics
        self.users = users
        self.values = values
        emptyLists = lists.k == 0 ? users.count : users.count { lists.items[$0 * lists.k] < 0 }
    }

    /// The values of metric `number`, user by user.
    func values(_ number: Int) -> ArraySlice<Float> { values[number * users.count..<(number + 1) * users.count] }
}

/// Finds the places of the relevant items in lists, one list after the other; of one thread.
struct HitSearch {
    private let lists: RankedLists
    private let truth: SparseRows
    private let k: Int
    /// For each item the list (from 1) to which it is relevant and in which it was not found yet.
    private var marks: [Int32]
    /// The places (from 0) of the hits of the last list, ascending; the first ``count`` of them.
    private(set) var hits: [Int32]
    /// How many hits the last list has.
    private(set) var count = 0

    init(lists: RankedLists, truth: SparseRows, k: Int) {
        self.lists = lists
        self.truth = truth
        self.k = min(k, lists.k)
        marks = [Int32](repeating: 0, count: truth.columns)
        hits = [Int32](repeating: 0, count: max(k, 1))
    }

    /// Looks through the first `k` places of a list.
    ///
    /// - Returns: the number of different relevant items.
    mutating func find(_ list: Int) -> Int {
        let mark = Int32(list) + 1
        let entries = truth.range(list)
        let places = list * lists.k..<list * lists.k + k
        var relevant = 0
        var found = 0
        marks.withUnsafeMutableBufferPointer { marks in
            truth.indices.withUnsafeBufferPointer { indices in
                for entry in entries where marks[Int(indices[entry])] != mark {
                    marks[Int(indices[entry])] = mark
                    relevant += 1
                }
            }
            hits.withUnsafeMutableBufferPointer { hits in
                lists.items.withUnsafeBufferPointer { items in
                    for place in places {
                        let item = Int(items[place])
                        guard item >= 0 else { break }
                        guard item < marks.count, marks[item] == mark else { continue }
                        marks[item] = 0
                        hits[found] = Int32(place - places.lowerBound)
                        found += 1
                    }
                }
            }
        }
        count = found
        return relevant
    }
}

/// What hits are worth.
private struct Gains {
    let discounts: [Double]
    let ideals: [Double]

    func value(
        of metric: RankingMetric, _ hits: UnsafeBufferPointer<Int32>, count: Int, relevant: Int
    ) -> Double {
        var within = 0
        while within < count, Int(hits[within]) < metric.k { within += 1 }
        switch metric.measure {
        case .recall: return Double(within) / Double(relevant)
        case .ndcg:
            var sum = 0.0
            for hit in 0..<within { sum += discounts[Int(hits[hit])] }
            return sum / ideals[min(metric.k, relevant)]
        case .map:
            var sum = 0.0
            for earlier in 0..<within { sum += Double(earlier + 1) / Double(hits[earlier] + 1) }
            return sum / Double(min(metric.k, relevant))
        case .mrr: return within > 0 ? 1 / Double(hits[0] + 1) : 0
        case .hitRate: return within > 0 ? 1 : 0
        case .precision: return Double(within) / Double(metric.k)
        case .coverage: return 0
        }
    }
}
