import Core

/// One model's metrics over the judged users.
public struct ModelEvaluation: Sendable {
    /// The model's name.
    public var name: String
    /// Each metric's mean over users with its 95 % interval, by name (`recall@12`). Coverage has no interval: both its
    /// ends are its value.
    public var metrics: [String: Interval]
    /// How many users were measured: those with at least one relevant item.
    public var users: Int
    /// How many of them got an empty list, which counts as zero in every metric.
    public var emptyLists: Int
    /// How many lists were left out because their user has no relevant item.
    public var leftOut: Int

    /// For a model of probabilities, how good they are on a sample, by target; see ``SampledProbabilityMetrics``.
    public var probabilities: [String: SampledProbabilityMetrics]?

    /// Each metric's value for each measured user, for paired comparisons; not written to JSON.
    var perUser: [String: ArraySlice<Float>] = [:]

    /// Makes an evaluation from finished numbers.
    public init(name: String, metrics: [String: Interval], users: Int, emptyLists: Int = 0, leftOut: Int = 0) {
        self.name = name
        self.metrics = metrics
        self.users = users
        self.emptyLists = emptyLists
        self.leftOut = leftOut
    }

    /// The value of the metric named so, such as `recall@12`, if it was measured.
    public func value(_ metric: String) -> Double? { metrics[metric]?.value }
}

extension ModelEvaluation: Codable {
    private enum CodingKeys: String, CodingKey { case name, metrics, users, emptyLists, leftOut, probabilities }
}
