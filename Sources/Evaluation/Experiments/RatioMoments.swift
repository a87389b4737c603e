/// What a report needs to know of one metric of one variant: sums over its users of a numerator and a denominator.
///
/// A user is the unit that was assigned, so a user is the unit of variance: the clicks of one user depend on each other,
/// and a variance over impressions would be too small. The metric is the ratio of the sums, Σx / Σy; with a denominator
/// of 1 for each user it is a mean.
public struct RatioMoments: Sendable, Equatable, Codable {
    /// How many users there are.
    public private(set) var users = 0
    /// Σx
    public private(set) var numerator = 0.0
    /// Σy
    public private(set) var denominator = 0.0
    private var squares = 0.0
    private var denominatorSquares = 0.0
    private var products = 0.0

    /// Nobody yet.
    public init() {}

    /// Adds a user.
    public mutating func add(_ numerator: Double, per denominator: Double = 1) {
        users += 1
        self.numerator += numerator
        self.denominator += denominator
        squares += numerator * numerator
        denominatorSquares += denominator * denominator
        products += numerator * denominator
    }

    /// The ratio of the sums; 0 without a denominator.
    public var value: Double { denominator > 0 ? numerator / denominator : 0 }

    /// The variance of ``value`` over the choice of users by the delta method,
    /// (s²ₓ − 2 R sₓᵧ + R² s²ᵧ) / (n ȳ²); infinite for fewer than two users or no denominator.
    ///
    /// Source: Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics" (2018), section 3.
    public var variance: Double {
        guard users > 1, denominator > 0 else { return .infinity }
        let count = Double(users)
        let mean = denominator / count
        let ratio = value
        let spread = squares - 2 * ratio * products + ratio * ratio * denominatorSquares
        // The mean of x − R y is 0 by the choice of R, so that nothing is to be taken off.
        return max(0, spread) / (count - 1) / count / (mean * mean)
    }
}
