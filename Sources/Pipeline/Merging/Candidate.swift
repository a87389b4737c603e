/// An item on its way through the stages after the sources.
package struct Candidate: Sendable, Equatable {
    package var item: Int32
    /// What it is ordered by; not a number stands last.
    package var score: Float
    /// The sources that proposed it, as bits in their order.
    package var sources: UInt32
    /// How likely exploration was to put it where it stands.
    package var propensity: Double?

    package init(item: Int32, score: Float, sources: UInt32, propensity: Double? = nil) {
        self.item = item
        self.score = score
        self.sources = sources
        self.propensity = propensity
    }

    /// Whether this one stands before another: by score, equal scores by the lower item, what is no number last.
    package func stands(before other: Candidate) -> Bool {
        if score.isNaN || other.score.isNaN {
            return score.isNaN == other.score.isNaN ? item < other.item : other.score.isNaN
        }
        return score == other.score ? item < other.item : score > other.score
    }
}
