/// What a list is measured by: a measure and how many of its places are looked at.
public struct RankingMetric: Hashable, Sendable, CustomStringConvertible {
    /// A measure of ranked lists. `r(i)` is 1 if the item at place `i` (counted from 1) is relevant, and `R` the number
    /// of relevant items of a user.
    public enum Measure: String, CaseIterable, Sendable {
        /// Σᵢ₌₁ᵏ r(i) / R: the share of the relevant items that is in the list. It can't reach 1 where R > k.
        case recall
        /// DCG / ideal DCG, with DCG = Σᵢ₌₁ᵏ r(i) / log₂(i + 1) and the ideal list holding min(k, R) relevant items.
        ///
        /// Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques" (2002).
        case ndcg
        /// Average precision, Σᵢ₌₁ᵏ r(i) · precision@i / min(k, R); its mean over users is MAP@k.
        case map
        /// 1 / the place of the first relevant item, 0 if there is none: the reciprocal rank.
        case mrr
        /// 1 if any item of the list is relevant.
        case hitRate = "hit-rate"
        /// Σᵢ₌₁ᵏ r(i) / k; a list shorter than k counts as padded with irrelevant items.
        case precision
        /// The share of all items that is in at least one user's list. Of the whole, not of a user: has no interval.
        case coverage
    }

    /// The measure.
    public var measure: Measure
    /// How many places of each list are looked at.
    public var k: Int

    /// Makes a metric.
    public init(_ measure: Measure, at k: Int) {
        precondition(k >= 1, "a list has at least one place")
        self.measure = measure
        self.k = k
    }

    /// Reads a metric's name, such as `recall@12`; nil if it is none.
    public init?(_ name: String) {
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let measure = Measure(rawValue: String(parts[0])), let k = Int(parts[1]), k >= 1 else {
            return nil
        }
        self.init(measure, at: k)
    }

    /// The metric's name, such as `recall@12`.
    public var description: String { "\(measure.rawValue)@\(k)" }

    /// All measures at each of `ks`, length by length.
    public static func all(at ks: [Int]) -> [RankingMetric] {
        ks.flatMap { k in Measure.allCases.map { RankingMetric($0, at: k) } }
    }
}
