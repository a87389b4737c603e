/// Whether the variants have about as many users as their shares promise. If not, something counts or assigns wrongly,
/// and no number of the experiment is to be trusted.
///
/// χ² = Σ (found − expected)² / expected, with one degree of freedom less than there are variants.
///
/// Source: Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments" (2019).
public struct SampleRatioCheck: Sendable, Equatable, Codable {
    /// Below this p-value the check fails: low, since it is looked at again and again.
    public static let threshold = 0.001
    /// χ²
    public var statistic: Double
    /// The chance of counts at least so far off where all is well.
    public var pValue: Double
    /// Whether the counts fit the shares.
    public var passes: Bool { pValue >= Self.threshold }

    /// Checks counts against shares; nil if there are fewer than two variants or no users.
    ///
    /// - Parameters:
    ///   - users: how many each variant has.
    ///   - shares: what each was promised; they need not add up to 1.
    public init?(users: [Int], shares: [Double]) {
        precondition(users.count == shares.count, "each variant has a share")
        let (total, whole) = (Double(users.reduce(0, +)), shares.reduce(0, +))
        guard users.count > 1, total > 0, whole > 0, shares.allSatisfy({ $0 > 0 }) else { return nil }
        var statistic = 0.0
        for (found, share) in zip(users, shares) {
            let expected = total * share / whole
            statistic += (Double(found) - expected) * (Double(found) - expected) / expected
        }
        self.statistic = statistic
        pValue = ChiSquareDistribution.upperTail(statistic, degrees: users.count - 1)
    }
}
