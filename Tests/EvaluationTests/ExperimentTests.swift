import Core
import Evaluation
import Foundation
import Testing

/// Statistics of experiments against values worked by hand and against experiments whose truth is planted.
@Suite struct ExperimentTests {
    // MARK: - By hand

    /// Quantiles as printed in any table.
    @Test(arguments: [
        (3.841_459, 1, 0.05), (5.991_465, 2, 0.05), (16.918_98, 9, 0.05), (27.877_16, 9, 0.001), (10, 10, 0.440_493),
    ])
    func chiSquareTails(value: Double, degrees: Int, tail: Double) {
        #expect(abs(ChiSquareDistribution.upperTail(value, degrees: degrees) - tail) < 2e-6)
    }

    @Test(arguments: [(0.9, 1.644_854), (0.95, 1.959_964), (0.99, 2.575_829)])
    func normalMargins(confidence: Double, margin: Double) {
        #expect(abs(NormalDistribution.margin(confidence: confidence) - margin) < 1e-5)
        #expect(abs(NormalDistribution.twoSided(-margin) - (1 - confidence)) < 1e-6)
    }

    /// Users (x, y) = (1, 2), (0, 1), (2, 3): R = 1/2, residuals 0, −1/2, 1/2, so (0.25 + 0.25) / 2 / 3 / 2².
    @Test func aRatiosVariance() {
        var moments = RatioMoments()
        for (x, y) in [(1.0, 2.0), (0, 1), (2, 3)] { moments.add(x, per: y) }
        #expect(moments.value == 0.5)
        #expect(abs(moments.variance - 0.5 / 2 / 3 / 4) < 1e-12)
        // A mean's is s²/n.
        var mean = RatioMoments()
        for x in [1.0, 2, 4, 5] { mean.add(x) }
        #expect(mean.value == 3 && abs(mean.variance - (10.0 / 3) / 4) < 1e-12)
        #expect(RatioMoments().value == 0 && RatioMoments().variance == .infinity)
    }

    /// 5 % of 1000 against 4 % of 1000.
    @Test func aComparisonByHand() throws {
        func share(_ hits: Int) -> RatioMoments {
            var moments = RatioMoments()
            for user in 0..<1000 { moments.add(user < hits ? 1 : 0) }
            return moments
        }
        let found = VariantComparison("buyers", of: ("b", share(50)), with: ("a", share(40)))
        let error = (0.05 * 0.95 / 999 + 0.04 * 0.96 / 999).squareRoot()
        #expect(abs(found.difference.value - 0.01) < 1e-12)
        #expect(abs(found.difference.margin - 1.959_964 * error) < 1e-8)
        #expect(abs(found.pValue - 0.281_7) < 1e-3)
        let lift = try #require(found.lift)
        #expect(abs(lift.value - 0.25) < 1e-12)
        let spread = (0.05 * 0.95 / 999 / 0.0016 + 0.0025 * 0.04 * 0.96 / 999 / 0.04 / 0.04 / 0.04 / 0.04).squareRoot()
        #expect(abs(lift.margin - 1.959_964 * spread) < 1e-6)
        // Mixture by hand: ρ² = (5.99146 + ln 6.99146) / 5000, n = 2000.
        let mixture = 2000 * (5.991_464_5 + 1.944_690) / 5000 + 1
        #expect(
            abs(
                found.sequential.margin - error
                    * (2 * mixture / (mixture - 1) * log(mixture.squareRoot() / 0.05)).squareRoot()) < 1e-6)
        #expect(found.sequential.margin > found.difference.margin && found.sequentialPValue > found.pValue)
    }

    @Test func sampleRatios() throws {
        let even = try #require(SampleRatioCheck(users: [5050, 4950], shares: [1, 1]))
        #expect(abs(even.statistic - 1) < 1e-12 && even.passes && abs(even.pValue - 0.317_31) < 1e-5)
        let off = try #require(SampleRatioCheck(users: [5300, 4700], shares: [0.5, 0.5]))
        #expect(abs(off.statistic - 36) < 1e-9 && !off.passes)
        #expect(try #require(SampleRatioCheck(users: [100, 300], shares: [0.1, 0.3])).statistic == 0)
        #expect(SampleRatioCheck(users: [0, 0], shares: [1, 1]) == nil)
    }

    @Test func holmsRule() {
        let adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.5])
        for (found, expected) in zip(adjusted, [0.04, 0.09, 0.09, 0.5]) { #expect(abs(found - expected) < 1e-12) }
        #expect(holmAdjusted([]) == [])
    }

    @Test func interleavedVotes() {
        let credits = [(0.0, 1.0), (1, 0), (0, 2), (1, 1), (0, 0), (0, 3)]
        let found = InterleavingComparison(
            "clicks", first: "a", second: "b", credits: credits.map { (first: $0.0, second: $0.1) })
        #expect(found.votes == [1, 3, 2] && found.credits == [2, 7] && found.users == 6)
        #expect(abs(found.preference.value - 2.0 / 6) < 1e-12)
        // z = (3 − 1) / √4 = 1.
        #expect(abs(found.pValue - 0.317_31) < 1e-4)
    }

    /// Two answers of two places: W = (2, 1), (0, 0).
    @Test func offPolicyByHand() throws {
        let slates = [
            LoggedSlate(user: 0, rewards: [1, 1], ratios: [2, 0.5], expected: [0.5, 0.25], expectedOfTarget: 0.7),
            LoggedSlate(user: 1, rewards: [0, 1], ratios: [0, 3], expected: [0.5, 0.5], expectedOfTarget: 0.4),
        ]
        let found = try #require(OffPolicyEstimate(slates))
        #expect(abs(found.shown.value - 1.5) < 1e-12)
        #expect(abs(found.ips.value.value - (2 + 1) / 2.0) < 1e-12)
        #expect(abs(found.snips.value.value - (2.0 / 2 + 1.0 / 1)) < 1e-12)
        #expect(abs(found.doublyRobust.value.value - (0.7 + 2 * 0.5 + 1 * 0.75 + 0.4) / 2) < 1e-12)
        #expect(abs(found.ips.difference.value) < 1e-12)
        #expect(found.effectiveAnswers == 1 && found.largestWeight == 1 && found.meanWeight == 0.5)
        #expect(OffPolicyEstimate([]) == nil)
        // Answers of one user alone tell nothing of other users.
        #expect(
            OffPolicyEstimate(slates.map { LoggedSlate(user: 0, rewards: $0.rewards, ratios: $0.ratios) })!.ips.value
                .high == .infinity)
    }

    /// Two items at two places: the place's mean, times the item's share drawn towards 1.
    @Test func aRewardModelByHand() {
        let model = RewardModel([(["a", "b"], [1, 0]), (["b", "a"], [0, 1])], strength: 1)
        // b = (0.5, 0.5); a earned 2 of 1 expected, b 0 of 1.
        #expect(abs(model.expected("a", at: 0) - 0.5 * 3 / 2) < 1e-12)
        #expect(abs(model.expected("b", at: 1) - 0.5 * 1 / 2) < 1e-12)
        #expect(model.expected("c", at: 1) == 0.5 && model.expected("a", at: 2) == 0)
    }

    // MARK: - Planted

    /// Users come often or seldom and click more or less readily; a variant makes every user's clicks likelier.
    private static func user(_ random: inout RandomSource, lift: Double) -> (clicks: Double, impressions: Double) {
        var impressions = 1
        while random.uniform() < 0.6, impressions < 40 { impressions += 1 }
        let readiness = 0.02 + 0.18 * random.uniform() * random.uniform()
        let rate = readiness * (1 + lift)
        return (Double((0..<impressions).count { _ in random.uniform() < rate }), Double(impressions))
    }

    private static func experiment(_ seed: Int, lift: Double, users: Int = 800) -> VariantComparison {
        var random = RandomSource(seed: UInt64(seed), stream: 17)
        var (control, variant) = (RatioMoments(), RatioMoments())
        for _ in 0..<users {
            let (base, treated) = (user(&random, lift: 0), user(&random, lift: lift))
            control.add(base.clicks, per: base.impressions)
            variant.add(treated.clicks, per: treated.impressions)
        }
        return VariantComparison("clicks", of: ("b", variant), with: ("a", control))
    }

    /// The deviation of a share of 5 % over 2000 experiments is 0.5 %: ± 2 % is four of them.
    @Test func liftsAreCoveredAndAbsentOnesAreNotFound() {
        let count = 2000
        let (planted, none) = (
            (0..<count).map { Self.experiment($0, lift: 0.2) }, (0..<count).map { Self.experiment($0 + count, lift: 0) }
        )
        let covered = planted.count { $0.lift!.low <= 0.2 && 0.2 <= $0.lift!.high }
        #expect(abs(Double(covered) / Double(count) - 0.95) < 0.02, "\(covered) of \(count)")
        let alarms = none.count { $0.pValue < 0.05 }
        #expect(abs(Double(alarms) / Double(count) - 0.05) < 0.02, "\(alarms) of \(count)")
        #expect(planted.count { $0.pValue < 0.05 } > 5 * alarms)
    }

    /// Looked at after every 40 users: the test for one look cries wolf, the sequential one does not.
    @Test func peekingDoesNoHarm() {
        let count = 1000
        var (alarms, naive, found) = (0, 0, 0)
        for seed in 0..<count {
            var random = RandomSource(seed: UInt64(seed), stream: 23)
            for lift in [0, 0.35] {
                var (control, variant) = (RatioMoments(), RatioMoments())
                var (isAlarm, isNaive) = (false, false)
                for look in 1...100 {
                    for _ in 0..<20 {
                        let (base, treated) = (Self.user(&random, lift: 0), Self.user(&random, lift: lift))
                        control.add(base.clicks, per: base.impressions)
                        variant.add(treated.clicks, per: treated.impressions)
                    }
                    guard look >= 5 else { continue }
                    let comparison = VariantComparison("clicks", of: ("b", variant), with: ("a", control))
                    let excludes = comparison.sequential.low > 0 || comparison.sequential.high < 0
                    #expect(excludes == (comparison.sequentialPValue < 0.05))
                    isAlarm = isAlarm || excludes
                    isNaive = isNaive || comparison.pValue < 0.05
                }
                if lift == 0 {
                    if isAlarm { alarms += 1 }
                    if isNaive { naive += 1 }
                } else if isAlarm {
                    found += 1
                }
            }
        }
        #expect(Double(alarms) / Double(count) <= 0.065, "\(alarms) of \(count)")
        #expect(Double(naive) / Double(count) > 0.15, "\(naive) of \(count)")
        #expect(found > count / 2, "\(found) of \(count)")
    }
}
