import Core

/// What the shoppers and the articles of a generated shop are like.
///
/// A shopper `u` with price band `b` who buys in week `t` takes article `i` of style `c` with probability
///
///     P(i | u, t) = ρ · R(i) + (1 − ρ) · [(1 − ε) · θ(c | u, t) + ε · π(c | t)] · Q(i | c, b, t)
///
/// `ρ` is the shopper's share of repeat purchases, and `R` the distribution over the last eight articles that the
/// shopper had bought when the current four weeks began; `θ` the shopper's tastes, a few styles with weights, moved by
/// season and trend; `ε` the share of purchases off one's own tastes, and `π` the styles' popularity; `Q` the articles
/// of the style, by their popularity, age and price.
public struct ShopPreferences: Sendable, Codable, Hashable {
    /// Articles per style, about; there are at most ``maximumStyles`` styles.
    public var itemsPerStyle = 30
    /// The largest number of styles.
    public var maximumStyles = 2_000
    /// How strongly latent factors decide which styles a shopper likes; 0 is not at all.
    public var tasteSharpness = 2.0
    /// The mean share `ρ` of repeat purchases, in [0, 0.5]; a shopper's own lies between 0 and twice that.
    public var repeatShare = 0.15
    /// The share `ε` of purchases off one's own tastes, in [0, 1].
    public var explorationShare = 0.15
    /// The share of articles that never go out of fashion, in [0, 1].
    public var basicShare = 0.6
    /// The mean number of weeks after which a fashion has faded to 37 %.
    public var lifetimeWeeks = 45.0
    /// The exponent of Zipf's law within a style.
    public var popularityExponent = 0.6
    /// How far shoppers differ in activity: the deviation of its logarithm.
    public var activitySpread = 0.9
    /// Articles per visit, in the mean; at least 1.
    public var basketSize = 2.5
    /// The share of customers who join after the first day, in [0, 1].
    public var newUserShare = 0.5
    /// How strongly the time of year moves tastes.
    public var seasonStrength = 0.6
    /// How strongly fashions come and go.
    public var trendStrength = 0.4
    /// How much less a shopper likes an article one price tier away: a factor of `e` to the minus this.
    public var priceSharpness = 0.7

    /// The defaults.
    public init() {}

    func check() throws {
        let shares = [
            ("repeatShare", repeatShare, 0...0.5), ("explorationShare", explorationShare, 0...1),
            ("basicShare", basicShare, 0...1), ("newUserShare", newUserShare, 0...1),
            ("lifetimeWeeks", lifetimeWeeks, 1...10_000), ("basketSize", basketSize, 1...50),
            ("tasteSharpness", tasteSharpness, 0...10), ("popularityExponent", popularityExponent, 0...5),
            ("activitySpread", activitySpread, 0...2), ("seasonStrength", seasonStrength, 0...5),
            ("trendStrength", trendStrength, 0...5), ("priceSharpness", priceSharpness, 0...5),
            ("itemsPerStyle", Double(itemsPerStyle), 1...100_000),
            ("maximumStyles", Double(maximumStyles), 1...20_000),
        ]
        for (name, value, range) in shares where !range.contains(value) {
            throw MartletError(
                .invalidConfiguration, "'\(name)' must lie in \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
    }
}
