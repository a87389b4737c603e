import Core
import Tensor

/// Measures one model's lists against what users really chose.
///
/// Every item of the catalogue competes for a place (no sampled negatives). Users without a relevant item are left
/// out, since nothing could be found for them; users with an empty list count as zero.
///
/// - Parameters:
///   - name: the model's name.
///   - lists: one list for each user.
///   - truth: row `i` holds the relevant items of list `i`; an item that comes more than once counts once.
///   - ks: the list lengths to measure at. A list shorter than `k` counts as padded with irrelevant items.
///   - measures: what to measure.
///   - itemCount: the size of the catalogue, for coverage.
///   - bootstrapSeed: the seed of the confidence intervals.
/// - Throws: `invalidData` if there are not as many lists as rows of truth, or no user has a relevant item.
/// - Complexity: O(U · (k + R)) and the intervals (1,000 resamples up to 5,000 users).
public func evaluate(
    name: String, lists: RankedLists, truth: SparseRows, ks: [Int],
    measures: [RankingMetric.Measure] = RankingMetric.Measure.allCases, itemCount: Int, bootstrapSeed: UInt64
) throws -> ModelEvaluation {
    guard lists.count == truth.rows else {
        throw MartletError(.invalidData, "\(name): \(lists.count) lists for \(truth.rows) users' relevant items")
    }
    let metrics = RankingMetric.all(at: ks).filter { measures.contains($0.measure) }
    let measured = UserMetrics(lists: lists, truth: truth, metrics: metrics)
    guard !measured.users.isEmpty else {
        throw MartletError(
            .invalidData, "\(name): no user has a relevant item in the judged window",
            hint: "move the dates of 'split' so that the window holds interactions of known users")
    }
    let columns = measured.metrics.indices.map { measured.values($0) }
    let intervals = Interval.means(of: columns, seed: bootstrapSeed)
    var evaluation = ModelEvaluation(
        name: name, metrics: [:], users: measured.users.count, emptyLists: measured.emptyLists,
        leftOut: lists.count - measured.users.count)
    for (number, metric) in measured.metrics.enumerated() {
        evaluation.metrics[metric.description] = intervals[number]
        evaluation.perUser[metric.description] = columns[number]
    }
    for metric in metrics where metric.measure == .coverage {
        let covered = coverage(of: lists, users: measured.users, k: metric.k, itemCount: itemCount)
        evaluation.metrics[metric.description] = Interval(value: covered, low: covered, high: covered)
    }
    return evaluation
}

/// The share of `0 ..< itemCount` that stands among the first `k` of at least one of the lists.
private func coverage(of lists: RankedLists, users: [Int], k: Int, itemCount: Int) -> Double {
    guard itemCount > 0 else { return 0 }
    var seen = [Bool](repeating: false, count: itemCount)
    for user in users {
        for item in lists[user].prefix(k) where Int(item) < itemCount { seen[Int(item)] = true }
    }
    return Double(seen.count { $0 }) / Double(itemCount)
}
