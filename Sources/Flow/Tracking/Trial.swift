import Core

/// A step of a run that said with which parameters it worked: a training, as a rule.
public struct Trial: Sendable, Hashable {
    /// The run that computed it; later runs may have taken it from there.
    public var run: String
    /// The step's name.
    public var step: String
    /// How far the step is.
    public var state: StepState
    /// When its last attempt began, in seconds since 1970.
    public var started: Double?
    /// Seconds that its last attempt took; nil while it runs.
    public var seconds: Double?
    /// What it took of the machine; nil while it runs.
    public var use: SystemUse?
    /// What was chosen, such as `learning-rate`.
    public var parameters: [String: JSONValue]
    /// Where it ran.
    public var environment: [String: JSONValue]
    /// What it was made of: `data`, `code`, `commit`.
    public var versions: [String: JSONValue]
    /// What it measured, by name.
    public var metrics: [String: MetricSeries]
    /// The run's tags.
    public var tags: [String: String]
}
