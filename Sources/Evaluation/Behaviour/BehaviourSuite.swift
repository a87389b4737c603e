import Core
import Tensor

/// Runs the behaviour tests of one model.
public struct BehaviourSuite: Sendable {
    let subject: BehaviourSubject
    let configuration: BehaviourConfiguration
    let seed: UInt64
    /// All metrics of the users who have something to find.
    let measured: UserMetrics
    /// The bestsellers' metrics of the same users.
    let bestsellers: UserMetrics
    let slices: [SliceResult]

    /// Measures lists and slices.
    ///
    /// - Parameter ks: the list lengths of the metrics that are kept by slice; the chosen metric's is always there.
    /// - Throws: `invalidData` if no user has a relevant item, or a slicing has another number of users or items.
    /// - Complexity: O(U · (k² + R + metrics · slicings)), mostly shared out over threads.
    public init(
        _ subject: BehaviourSubject, configuration: BehaviourConfiguration, ks: [Int] = [], seed: UInt64
    ) throws {
        self.subject = subject
        self.configuration = configuration
        self.seed = seed
        let metrics = RankingMetric.all(at: Set(ks + [subject.k]).sorted())
        measured = UserMetrics(lists: subject.lists, truth: subject.truth, metrics: metrics)
        guard !measured.users.isEmpty else {
            throw MartletError(
                .invalidData, "\(subject.model): there is nothing to test: no user has a relevant item",
                hint: "move the dates of 'split' so that the window holds interactions of known users")
        }
        for slicing in subject.userSlices where slicing.codes.count != subject.lists.count {
            throw MartletError(
                .invalidData,
                "slices by '\(slicing.name)' are of \(slicing.codes.count) users, there are \(subject.lists.count) lists"
            )
        }
        for slicing in subject.itemSlices where slicing.codes.count != subject.itemCount {
            throw MartletError(
                .invalidData,
                "slices by '\(slicing.name)' are of \(slicing.codes.count) items, there are \(subject.itemCount)")
        }
        bestsellers = UserMetrics(lists: subject.bestsellers, truth: subject.truth, metrics: [subject.metric])
        var slices: [SliceResult] = []
        for slicing in subject.userSlices {
            slices += SliceResult.ofUsers(slicing, measured, metric: subject.metric.description)
        }
        for slicing in subject.itemSlices { slices += SliceResult.ofItems(slicing, subject.tally) }
        self.slices = slices
    }

    /// Runs every test that is not off.
    public func run() -> [BehaviourResult] {
        var results: [BehaviourResult] = []
        for test in BehaviourTest.allCases {
            guard var rule = configuration.rules[test], rule.severity != .off else { continue }
            // Who declares one list for all is warned of it, and stopped by what the project itself asks for.
            if subject.isOneListForAll, [.personalization, .commonList, .bestsellerShare].contains(test),
                !rule.isWritten, rule.severity == .stop
            {
                rule.severity = .warn
            }
            results.append(
                result(
                    test.rawValue, rule, bound: test.bound, measure(test, threshold: rule.threshold),
                    explanation: test.explanation))
        }
        for (metric, rule) in configuration.metrics.sorted(by: { $0.key < $1.key }) where rule.severity != .off {
            results.append(
                result(
                    metric, rule, bound: .min, measure(metric), explanation: "the mean over users on the judged window")
            )
        }
        return results
    }

    private func result(
        _ name: String, _ rule: BehaviourConfiguration.Rule, bound: BehaviourTest.Bound, _ found: BehaviourMeasurement,
        explanation: String
    ) -> BehaviourResult {
        let threshold = rule.threshold == nil ? nil : found.threshold ?? rule.threshold
        var state = BehaviourResult.State.reported
        if !found.value.isFinite {
            // A test that somebody asked for never passes for want of something to measure.
            state = rule.isWritten && rule.severity != .report ? (rule.severity == .stop ? .failed : .warned) : .skipped
        } else if let threshold, rule.severity != .report {
            let misses = found.misses ?? (bound == .min ? found.value < threshold : found.value > threshold)
            state = misses ? (rule.severity == .stop ? .failed : .warned) : .passed
        }
        let isBad = state == .failed || state == .warned
        return BehaviourResult(
            test: name, state: state, value: found.value.isFinite ? found.value : nil,
            interval: found.interval.flatMap { $0.low.isFinite && $0.high.isFinite ? $0 : nil }, threshold: threshold,
            bound: bound, slice: found.slice,
            message: found.value.isFinite
                ? explanation + (found.note.map { "; \($0)" } ?? "")
                : "not measured: \(found.note ?? "there is nothing to measure")",
            examples: isBad ? subject.ids(found.lists()) : [])
    }

    /// The chosen metric's values of the measured users.
    var chosen: [Float] {
        let number = measured.metrics.firstIndex { $0 == subject.metric } ?? 0
        return Array(measured.values(number))
    }

    /// The value of the chosen metric over all users.
    var overall: Double { Self.mean(chosen) }

    static func mean(_ values: [Float]) -> Double {
        values.isEmpty ? .nan : values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    }

    /// The mean of the shares that are there, with its interval.
    func mean(_ shares: [Double?]) -> Interval {
        let known = shares.compactMap { $0.map { Float($0) } }
        guard !known.isEmpty else { return Interval(value: .nan, low: .nan, high: .nan) }
        return Interval.means(of: [known[...]], seed: seed)[0]
    }
}
