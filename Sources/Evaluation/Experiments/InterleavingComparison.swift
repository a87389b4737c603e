/// Which of two rankers users prefer, from lists into which both put items (team draft).
///
/// A user's vote is the sign of (credit of the second's items − credit of the first's). The preference is the mean vote,
/// in −1…1 and 0 where there is none; users without credit, or with as much for either, count as 0. One list shows both
/// rankers to the same user, so that far fewer users tell them apart than an A/B test needs.
///
/// Source: Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?" (2008); Chapelle,
/// Joachims, Radlinski and Yue, "Large-Scale Validation and Analysis of Interleaved Search Evaluation" (2012).
public struct InterleavingComparison: Sendable, Equatable, Codable {
    /// The rankers' names: above 0 the second is preferred.
    public var variants: [String]
    /// What credit is counted of, such as clicks.
    public var metric: String
    /// Users who were shown such lists.
    public var users: Int
    /// Users who prefer the first, the second, neither.
    public var votes: [Int]
    /// Credit of the first and of the second.
    public var credits: [Double]
    /// The mean vote, for one look at a time fixed before.
    public var preference: Interval
    /// The p-value for one look.
    public var pValue: Double
    /// The mean vote with the interval that holds at all times.
    public var sequential: Interval
    /// The p-value that may be looked at at any time.
    public var sequentialPValue: Double

    /// Counts the votes.
    ///
    /// - Parameter credits: for each user the credit of the first's and of the second's items.
    /// - Complexity: O(users)
    public init(
        _ metric: String, first: String, second: String, credits: [(first: Double, second: Double)],
        confidence: Double = 0.95, sequence: ConfidenceSequence = ConfidenceSequence()
    ) {
        self.metric = metric
        variants = [first, second]
        users = credits.count
        var moments = RatioMoments()
        var votes = [0, 0, 0]
        var sums = [0.0, 0.0]
        for credit in credits {
            let vote = credit.second > credit.first ? 1 : credit.second < credit.first ? -1 : 0
            votes[vote == 0 ? 2 : vote < 0 ? 0 : 1] += 1
            sums[0] += credit.first
            sums[1] += credit.second
            moments.add(Double(vote))
        }
        self.votes = votes
        self.credits = sums
        let error = moments.variance.squareRoot()
        preference = Interval(
            value: moments.value, margin: NormalDistribution.margin(confidence: confidence) * error)
        // The test is of the hypothesis that either is as likely, under which the mean square of a vote is its variance.
        let decided = Double(votes[0] + votes[1])
        let balanced = decided > 0 ? Double(votes[1] - votes[0]) / decided.squareRoot() : 0
        pValue = NormalDistribution.twoSided(balanced)
        sequential = Interval(
            value: moments.value, margin: sequence.margin(standardError: error, users: moments.users))
        sequentialPValue = sequence.pValue(
            estimate: moments.value, standardError: error, users: moments.users)
    }
}
