import Core
import Tensor

/// Tests of how much is found, and by whom.
extension BehaviourSuite {
    func measure(_ test: BehaviourTest, threshold: Double?) -> BehaviourMeasurement {
        switch test {
        case .betterThanRandom: betterThanRandom(threshold)
        case .beatsPopularity: ratio(to: bestsellers, named: "the bestsellers", threshold)
        case .champion: champion(threshold)
        case .worstSlice: worstSlice(threshold)
        case .worstItemSlice: worstItemSlice
        case .sliceDeviation: sliceDeviation
        case .coldUsers: coldUsers
        case .coldItems: coldItems
        case .emptyLists: emptyLists
        default: measureLists(test)
        }
    }

    /// A metric by name.
    func measure(_ metric: String) -> BehaviourMeasurement {
        if let number = measured.metrics.firstIndex(where: { $0.description == metric }) {
            let found = Interval.means(of: [measured.values(number)], seed: seed)[0]
            return BehaviourMeasurement(value: found.value, interval: found, lists: { unlucky(chosen) })
        }
        if let parsed = RankingMetric(metric), parsed.measure == .coverage, parsed.k == subject.k {
            return BehaviourMeasurement(value: subject.tally.coverage(itemCount: subject.itemCount))
        }
        return .unknown("'\(metric)' is not among the metrics of 'evaluation.k'")
    }

    /// Lists in the order of their users' values, the worst first, those with the most to find before others.
    private func unlucky(_ values: [Float], in slice: SliceResult? = nil) -> [Int] {
        let truth = subject.truth
        let slicing = slice.flatMap { slice in subject.userSlices.first { $0.name == slice.slicing } }
        let code = slicing?.labels.firstIndex { $0 == slice?.slice }.map(Int32.init)
        let members = values.indices.filter { slicing == nil || slicing?.codes[measured.users[$0]] == code }
        let order = members.sorted { left, right in
            let (a, b) = (measured.users[left], measured.users[right])
            return (values[left], -truth.range(a).count, a) < (values[right], -truth.range(b).count, b)
        }
        return order.prefix(10).map { measured.users[$0] }
    }

    private func betterThanRandom(_ threshold: Double?) -> BehaviourMeasurement {
        let recall = RankingMetric(.recall, at: subject.k)
        guard let number = measured.metrics.firstIndex(of: recall) else { return .unknown("recall was not measured") }
        // A list drawn at random from all candidates holds each relevant item with probability k / candidates.
        let seen = subject.excludesSeen ? Double(subject.histories?.count ?? 0) / Double(subject.lists.count) : 0
        let chance = Double(subject.k) / max(Double(subject.itemCount) - seen, 1)
        guard chance < 0.9 else { return .unknown("lists of \(subject.k) hold nearly all \(subject.itemCount) items") }
        let found = Interval.means(of: [measured.values(number)], seed: seed)[0]
        let lift = Interval(value: found.value / chance, low: found.low / chance, high: found.high / chance)
        // Where lists hold much of the catalogue, twice as much as chance cannot be had.
        let reachable = threshold.map { min($0, 1 + (1 / chance - 1) / 4) }
        return BehaviourMeasurement(
            value: lift.value, interval: lift, misses: reachable.map { lift.high < $0 },
            note: "\(recall) is \(fixed(found.value)), by chance \(fixed(chance))", lists: { unlucky(chosen) },
            threshold: reachable)
    }

    /// Our mean over theirs; misses the threshold if the mean of ours − threshold · theirs is surely below 0.
    private func ratio(to other: UserMetrics, named name: String, _ threshold: Double?) -> BehaviourMeasurement {
        let (ours, theirs) = (chosen, Array(other.values(0)))
        let mean = Self.mean(theirs)
        guard mean > 0 else { return .unknown("\(name) find nothing") }
        let factor = Float(threshold ?? 1)
        let margin = Interval.means(of: [zip(ours, theirs).map { $0 - factor * $1 }[...]], seed: seed)[0]
        let (low, high) = (margin.low / mean + Double(factor), margin.high / mean + Double(factor))
        return BehaviourMeasurement(
            value: Self.mean(ours) / mean, interval: Interval(value: Self.mean(ours) / mean, low: low, high: high),
            misses: margin.high < 0,
            note: "\(subject.metric) is \(fixed(Self.mean(ours))), that of \(name) \(fixed(mean))",
            lists: { unlucky(zip(ours, theirs).map { $0 - $1 }) })
    }

    private func champion(_ threshold: Double?) -> BehaviourMeasurement {
        guard let champion = subject.champion else { return .unknown("'tests.champion' names no model") }
        let other = UserMetrics(lists: champion.lists, truth: subject.truth, metrics: [subject.metric])
        return ratio(to: other, named: champion.name, threshold)
    }

    private func worstSlice(_ threshold: Double?) -> BehaviourMeasurement {
        let users = slices.filter { !$0.isOfItems }
        guard let worst = users.worst(chances: configuration.minimumChances), overall > 0 else {
            return .unknown(
                users.isEmpty ? "users are not sliced" : "no slice has \(configuration.minimumChances) users")
        }
        let share = Interval(
            value: worst.value.value / overall, low: worst.value.low / overall, high: worst.value.high / overall)
        return BehaviourMeasurement(
            value: share.value, interval: share, misses: threshold.map { share.high < $0 }, slice: worst.name,
            note:
                "\(subject.metric) is \(fixed(worst.value.value)) for its \(worst.count) users, \(fixed(overall)) for all, "
                + "a gap of \(fixed(overall - worst.value.value))",
            lists: { unlucky(chosen, in: worst) })
    }

    private var worstItemSlice: BehaviourMeasurement {
        let (found, relevant) = subject.tally.foundShare { _ in true }
        let items = slices.filter(\.isOfItems)
        guard let worst = items.worst(chances: configuration.minimumChances), found > 0 else {
            return .unknown(items.isEmpty ? "items are not sliced" : "no slice has enough choices, or nothing is found")
        }
        let all = Double(found) / Double(relevant)
        return BehaviourMeasurement(
            value: worst.value.value / all, slice: worst.name,
            note: "\(fixed(worst.value.value * 100, digits: 1)) % of \(worst.chances) choices are found, of all "
                + "\(fixed(all * 100, digits: 1)) %")
    }

    private var sliceDeviation: BehaviourMeasurement {
        let users = slices.filter { !$0.isOfItems && $0.chances >= configuration.minimumChances }
        guard overall > 0, !users.isEmpty else { return .unknown("no slice has enough users") }
        return BehaviourMeasurement(value: users.deviation(from: overall) / overall, note: "\(users.count) slices")
    }

    private var coldUsers: BehaviourMeasurement {
        guard let newcomers = subject.newcomers, newcomers.truth.rows > 0 else {
            return .unknown("no user of the window is new")
        }
        let metric = RankingMetric(.hitRate, at: subject.k)
        let found = UserMetrics(lists: newcomers.lists, truth: newcomers.truth, metrics: [metric])
        return BehaviourMeasurement(value: Self.mean(Array(found.values(0))), note: "\(found.users.count) new users")
    }

    private var coldItems: BehaviourMeasurement {
        let (found, relevant) = subject.tally.foundShare { item in
            item >= subject.popularity.count || subject.popularity[item] == 0
        }
        guard relevant > 0 else { return .unknown("nobody chose an item that was new") }
        return BehaviourMeasurement(
            value: Double(found) / Double(relevant), note: "\(found) of \(relevant) choices of new items")
    }

    private var emptyLists: BehaviourMeasurement {
        let empty = (0..<subject.lists.count).filter { subject.lists[$0].isEmpty }
        return BehaviourMeasurement(
            value: Double(empty.count) / Double(max(subject.lists.count, 1)),
            note: "\(empty.count) of \(subject.lists.count)", lists: { empty })
    }
}
