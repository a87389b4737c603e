import Core
import Evaluation
import Foundation
import Testing

/// Off-policy estimates on logs whose truth is counted out: five items, three places, orders drawn by Plackett–Luce.
@Suite struct OffPolicyTests {
    private static let places = 3
    private static let examination = [0.9, 0.6, 0.4]

    /// Four kinds of users and how much each likes each item.
    private static func attraction(_ kind: Int, _ item: Int) -> Double {
        [
            [0.5, 0.1, 0.3, 0.05, 0.2], [0.1, 0.4, 0.1, 0.3, 0.2], [0.2, 0.2, 0.2, 0.2, 0.2],
            [0.05, 0.3, 0.1, 0.5, 0.1],
        ][
            kind][item]
    }

    /// A pipeline: the scores by which it draws.
    private typealias Policy = @Sendable (_ kind: Int, _ item: Int) -> Double

    /// The pipeline whose answers are shown knows little.
    private static let shown: Policy = { kind, item in 0.3 * Double(item) - 0.1 * Double(kind) }
    /// One that knows what users like.
    private static let better: Policy = { kind, item in 3 * attraction(kind, item) }
    /// Items 1 and 3 change places, for users to whom all items are alike: it earns the same.
    private static let equal: Policy = { kind, item in shown(kind, item == 1 ? 3 : item == 3 ? 1 : item) }

    /// The chances of each order of `places` items, and its items.
    private static func orders(_ policy: Policy, _ kind: Int) -> [(items: [Int], chance: Double)] {
        var found: [(items: [Int], chance: Double)] = [([], 1)]
        for _ in 0..<places {
            found = found.flatMap { order in
                let left = (0..<5).filter { !order.items.contains($0) }
                let total = left.reduce(0.0) { $0 + exp(policy(kind, $1)) }
                return left.map { (order.items + [$0], order.chance * exp(policy(kind, $0)) / total) }
            }
        }
        return found
    }

    private static func truth(_ policy: Policy, kinds: [Int]) -> Double {
        kinds.reduce(0.0) { sum, kind in
            sum
                + orders(policy, kind).reduce(0.0) { value, order in
                    value + order.chance
                        * order.items.enumerated().reduce(0.0) {
                            $0 + examination[$1.offset] * attraction(kind, $1.element)
                        }
                } / Double(kinds.count)
        }
    }

    private static func draw(_ policy: Policy, _ kind: Int, _ random: inout RandomSource) -> (
        items: [Int], chances: [Double]
    ) {
        var (items, chances) = ([Int](), [Double]())
        for _ in 0..<places {
            let left = (0..<5).filter { !items.contains($0) }
            let weights = left.map { exp(policy(kind, $0)) }
            let total = weights.reduce(0, +)
            var point = random.uniform() * total
            var chosen = left.count - 1
            for (place, weight) in weights.enumerated() {
                point -= weight
                if point < 0 {
                    chosen = place
                    break
                }
            }
            items.append(left[chosen])
            chances.append(weights[chosen] / total)
        }
        return (items, chances)
    }

    private static func conditional(_ policy: Policy, _ kind: Int, _ items: [Int], _ place: Int) -> Double {
        let left = (0..<5).filter { !items[..<place].contains($0) }
        return exp(policy(kind, items[place])) / left.reduce(0.0) { $0 + exp(policy(kind, $1)) }
    }

    /// Logs of users of `kinds` with three answers each, judged by models that learned from the other half of users.
    private static func estimate(_ target: Policy, kinds: [Int], seed: Int, users: Int = 300) -> OffPolicyEstimate {
        var random = RandomSource(seed: UInt64(seed), stream: 5)
        var logs: [(user: Int, kind: Int, items: [Int], chances: [Double], rewards: [Double], own: [Int])] = []
        for user in 0..<users {
            let kind = kinds[random.index(below: kinds.count)]
            for _ in 0..<3 {
                let answer = draw(shown, kind, &random)
                let rewards = answer.items.enumerated().map { place, item in
                    random.uniform() < examination[place] * attraction(kind, item) ? 1.0 : 0
                }
                let own = draw(target, kind, &random).items
                logs.append((user, kind, answer.items, answer.chances, rewards, own))
            }
        }
        func name(_ kind: Int, _ item: Int) -> String { "\(kind) \(item)" }
        let models = (0..<2).map { half in
            RewardModel(
                logs.filter { $0.user % 2 != half }.map { log in
                    (log.items.map { name(log.kind, $0) }, log.rewards)
                })
        }
        return OffPolicyEstimate(
            logs.map { log in
                let model = models[log.user % 2]
                func expected(_ items: [Int]) -> [Double] {
                    items.enumerated().map { model.expected(name(log.kind, $0.element), at: $0.offset) }
                }
                return LoggedSlate(
                    user: log.user, rewards: log.rewards,
                    ratios: log.items.indices.map { conditional(target, log.kind, log.items, $0) / log.chances[$0] },
                    expected: expected(log.items), expectedOfTarget: expected(log.own).reduce(0, +))
            })!
    }

    /// 200 logs: each rule's intervals hold the truth, and doubly robust ones are the sharpest.
    @Test func aBetterPipelineIsSeenWithoutBeingShown() {
        let kinds = [0, 1, 2, 3]
        let (value, base) = (Self.truth(Self.better, kinds: kinds), Self.truth(Self.shown, kinds: kinds))
        #expect(value > base * 1.15)
        let found = (0..<200).map { Self.estimate(Self.better, kinds: kinds, seed: $0) }
        let rules: [(String, (OffPolicyEstimate) -> OffPolicyEstimate.Value)] = [
            ("ips", { $0.ips }), ("snips", { $0.snips }), ("dr", { $0.doublyRobust }),
        ]
        for (name, rule) in rules {
            let held = found.count { rule($0).value.low <= value && value <= rule($0).value.high }
            #expect(held >= 180, "\(name) holds the value \(held) times of 200")
            let gained = found.count {
                rule($0).difference.low <= value - base && value - base <= rule($0).difference.high
            }
            #expect(gained >= 180, "\(name) holds the gain \(gained) times of 200")
            let mean = found.reduce(0.0) { $0 + rule($1).value.value } / 200
            let width = found.reduce(0.0) { $0 + rule($1).value.margin / 1.96 } / 200
            #expect(abs(mean - value) < 4 * width / 200.0.squareRoot(), "\(name): \(mean), the truth is \(value)")
            #expect(found.count { rule($0).difference.low > 0 } > 100)
        }
        let width = rules.map { _, rule in found.reduce(0.0) { $0 + rule($1).value.margin } / 200 }
        #expect(width[1] < width[0] && width[2] < width[0], "\(width)")
        #expect(found.allSatisfy { abs($0.meanWeight - 1) < 0.5 && $0.effectiveAnswers < 900 })
    }

    /// Another order that earns the same: 1000 logs, a false alarm in 5 % of them; three deviations are 2 %.
    @Test func whereThereIsNoDifferenceNoneIsFound() {
        #expect(abs(Self.truth(Self.equal, kinds: [2]) - Self.truth(Self.shown, kinds: [2])) < 1e-12)
        let found = (0..<1000).map { Self.estimate(Self.equal, kinds: [2], seed: $0, users: 150) }
        let rules: [(String, (OffPolicyEstimate) -> OffPolicyEstimate.Value)] = [
            ("ips", { $0.ips }), ("snips", { $0.snips }), ("dr", { $0.doublyRobust }),
        ]
        for (name, rule) in rules {
            let alarms = found.count { rule($0).difference.low > 0 || rule($0).difference.high < 0 }
            #expect(abs(Double(alarms) / 1000 - 0.05) < 0.02, "\(name): \(alarms) of 1000")
        }
    }
}
