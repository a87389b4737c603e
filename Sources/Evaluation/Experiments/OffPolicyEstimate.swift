/// An answer that was shown, as the judgement of another pipeline needs it: what it earned at each place, and how
/// likely the other pipeline would have shown the same.
public struct LoggedSlate: Sendable, Equatable {
    /// The user, as a number: answers to one user depend on each other.
    public var user: Int
    /// What each place earned, such as 1 for a click.
    public var rewards: [Double]
    /// For each place, the chance that the other pipeline puts this item here given those above it, divided by the
    /// chance that the pipeline that answered did.
    public var ratios: [Double]
    /// What a model expects each shown item to earn at its place; zeros make the doubly robust estimate IPS.
    public var expected: [Double]
    /// What the model expects of an answer of the other pipeline, all places together.
    public var expectedOfTarget: Double

    /// Describes an answer; see the properties.
    public init(
        user: Int, rewards: [Double], ratios: [Double], expected: [Double]? = nil, expectedOfTarget: Double = 0
    ) {
        precondition(rewards.count == ratios.count, "each place has a reward and a ratio")
        self.user = user
        self.rewards = rewards
        self.ratios = ratios
        self.expected = expected ?? rewards.map { _ in 0 }
        self.expectedOfTarget = expectedOfTarget
        precondition(self.expected.count == rewards.count, "each place has an expectation")
    }
}

/// What a pipeline that was not shown would have earned for each answer, from answers of another.
///
/// With the weight W_j = Π over the places l ≤ j of the ratio at l, under the cascade model (what a place earns depends
/// on itself and the places above it):
///
/// - IPS: the mean of Σ_j W_j r_j, without bias, and of large variance where the pipelines differ much;
/// - SNIPS: Σ_j of (Σ W_j r_j) / (Σ W_j), whose small bias buys variance;
/// - doubly robust: the mean of q(other's answer) + Σ_j W_j (r_j − q_j), without bias whatever the model q is, and
///   sharper the better it is.
///
/// Standard errors are over users: the answers of one are summed before they are squared, and for SNIPS a user at a time
/// is left out (jackknife).
///
/// Source: Horvitz and Thompson (1952); Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual
/// Learning" (2015); Dudík, Langford and Li, "Doubly Robust Policy Evaluation and Learning" (2011); McInerney et al.,
/// "Counterfactual Evaluation of Slate Recommendations with Sequential Reward Interactions" (2020).
public struct OffPolicyEstimate: Sendable, Equatable, Codable {
    /// An estimate by one rule.
    public struct Value: Sendable, Equatable, Codable {
        /// What an answer of the other pipeline earns.
        public var value: Interval
        /// That, less what the answers that were shown earned: its error is smaller, since both share their luck.
        public var difference: Interval
    }

    /// How many answers there were.
    public var answers: Int
    /// To how many users.
    public var users: Int
    /// What the answers that were shown earned each.
    public var shown: Interval
    /// Inverse propensity scores.
    public var ips: Value
    /// Self-normalised inverse propensity scores.
    public var snips: Value
    /// Doubly robust.
    public var doublyRobust: Value
    /// The answers that the estimate is worth, (Σ W)² / Σ W² at the last place: far fewer than ``answers`` says that
    /// the pipelines differ too much for these logs.
    public var effectiveAnswers: Double
    /// The largest weight at the last place.
    public var largestWeight: Double
    /// The mean weight at the last place, 1 but for chance; much less says that the other pipeline shows what these
    /// logs never do.
    public var meanWeight: Double

    /// Estimates from answers; nil if there are none.
    ///
    /// - Complexity: O(places of all answers)
    public init?(_ slates: [LoggedSlate], confidence: Double = 0.95) {
        guard !slates.isEmpty else { return nil }
        let z = NormalDistribution.margin(confidence: confidence)
        let count = Double(slates.count)
        let depth = slates.map(\.rewards.count).max() ?? 0
        var weights: [[Double]] = []
        var sums = [Double](repeating: 0, count: depth)
        var earned = sums
        for slate in slates {
            var weight = 1.0
            var own: [Double] = []
            for place in slate.rewards.indices {
                weight *= slate.ratios[place]
                own.append(weight)
                sums[place] += weight
                earned[place] += weight * slate.rewards[place]
            }
            weights.append(own)
        }
        let means = (0..<depth).map { sums[$0] > 0 ? earned[$0] / sums[$0] : 0 }
        let rewards = slates.map { $0.rewards.reduce(0, +) }
        var (plain, robust) = ([Double](), [Double]())
        var (total, squares, largest) = (0.0, 0.0, 0.0)
        for (slate, own) in zip(slates, weights) {
            var (simple, doubly) = (0.0, slate.expectedOfTarget)
            for place in own.indices {
                simple += own[place] * slate.rewards[place]
                doubly += own[place] * (slate.rewards[place] - slate.expected[place])
            }
            plain.append(simple)
            robust.append(doubly)
            let last = own.last ?? 1
            total += last
            squares += last * last
            largest = max(largest, last)
        }
        let numbers = slates.map(\.user)
        func interval(_ values: [Double]) -> Interval {
            let mean = values.reduce(0, +) / count
            return Interval(value: mean, margin: z * Self.error(values.map { $0 - mean }, users: numbers))
        }
        shown = interval(rewards)
        func value(_ values: [Double]) -> Value {
            Value(value: interval(values), difference: interval(zip(values, rewards).map { $0 - $1 }))
        }
        ips = value(plain)
        doublyRobust = value(robust)
        let normalised = means.reduce(0, +)
        let errors = Self.jackknife(slates, weights, sums: sums, earned: earned, total: rewards.reduce(0, +))
        snips = Value(
            value: Interval(value: normalised, margin: z * errors.value),
            difference: Interval(value: normalised - shown.value, margin: z * errors.difference))
        answers = slates.count
        users = Set(numbers).count
        effectiveAnswers = squares > 0 ? total * total / squares : 0
        largestWeight = largest
        meanWeight = total / count
    }

    /// The standard errors of the self-normalised estimate and of its difference to what was shown, by leaving out one
    /// user after the other: a ratio of sums of few large weights is not linear enough for the delta method.
    private static func jackknife(
        _ slates: [LoggedSlate], _ weights: [[Double]], sums: [Double], earned: [Double], total: Double
    ) -> (value: Double, difference: Double) {
        var byUser: [Int: [Int]] = [:]
        for (place, slate) in slates.enumerated() { byUser[slate.user, default: []].append(place) }
        guard byUser.count > 1 else { return (.infinity, .infinity) }
        var (values, differences) = ([Double](), [Double]())
        // In the users' order, so that equal data give equal digits.
        for (_, places) in byUser.sorted(by: { $0.key < $1.key }) {
            var (weight, reward, shown) = (sums, earned, total)
            for place in places {
                for (depth, own) in weights[place].enumerated() {
                    weight[depth] -= own
                    reward[depth] -= own * slates[place].rewards[depth]
                    shown -= slates[place].rewards[depth]
                }
            }
            let value = zip(reward, weight).reduce(0.0) { $0 + ($1.1 > 1e-12 ? $1.0 / $1.1 : 0) }
            values.append(value)
            differences.append(value - shown / Double(max(slates.count - places.count, 1)))
        }
        func error(_ values: [Double]) -> Double {
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            return ((count - 1) / count * values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }).squareRoot()
        }
        return (error(values), error(differences))
    }

    /// The standard error of a mean of `centred` values, those of a user summed first: √(G/(G−1) Σ_g (Σ_i∈g v_i)²) / n.
    private static func error(_ centred: [Double], users: [Int]) -> Double {
        var sums: [Int: Double] = [:]
        for (value, user) in zip(centred, users) { sums[user, default: 0] += value }
        guard sums.count > 1 else { return .infinity }
        // In the users' order, so that equal data give equal digits.
        let squares = sums.sorted { $0.key < $1.key }.reduce(0.0) { $0 + $1.value * $1.value }
        let groups = Double(sums.count)
        return (groups / (groups - 1) * squares).squareRoot() / Double(centred.count)
    }
}
