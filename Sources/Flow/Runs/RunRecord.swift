import Core

/// A run as the store knows it.
public struct RunRecord: Sendable, Hashable {
    /// The run's id, such as `20261123-0117-ab12`: sorts by time.
    public var id: String
    /// The flow's name.
    public var flow: String
    /// How far it is.
    public var state: RunState
    /// When it began, in seconds since 1970.
    public var created: Double
    /// When it last ended, in seconds since 1970; nil while it runs.
    public var ended: Double?
    /// The process that works on it, or did last.
    public var process: Int32?
    /// What the caller wanted to be remembered with the run, such as the resolved configuration.
    public var parameters: JSONValue
    /// What went wrong, if it failed.
    public var message: String?

    /// Whose it is, or what it belongs to; empty unless one was named.
    public var namespace: String

    /// Seconds from the beginning to the last end; nil while it runs.
    public var seconds: Double? { ended.map { $0 - created } }
}

/// A step of a run as the store knows it.
public struct StepRecord: Sendable, Hashable {
    /// The run's id.
    public var run: String
    /// The step's name.
    public var name: String
    /// The names of the steps it depends on.
    public var dependencies: [String]
    /// The parameters in its key.
    public var parameters: JSONValue
    /// How far it is.
    public var state: StepState
    /// The digest of code version, parameters and inputs; nil before the inputs are known.
    public var key: String?
    /// The number of its result, if it has one.
    public var result: Int64?
    /// How many attempts there were.
    public var attempts: Int
    /// When the last attempt began, in seconds since 1970.
    public var started: Double?
    /// When the last attempt ended, in seconds since 1970.
    public var ended: Double?
    /// What went wrong, or where the result was taken from.
    public var message: String?

    /// The fan-out that made it; nil for a step of the graph as it was written.
    public var parent: String?
    /// What the last attempt took of the machine; nil if there was none or it is not over.
    public var use: SystemUse?

    /// Seconds that the last attempt took; nil if there was none or it is not over.
    public var seconds: Double? { started.flatMap { started in ended.map { $0 - started } } }
}

/// One point of a metric's series.
public struct MetricPoint: Sendable, Hashable {
    /// The flow's step that logged it.
    public var step: String
    /// The metric's name, such as `loss`.
    public var name: String
    /// The place in the series, such as the epoch.
    public var index: Int64
    /// The value.
    public var value: Double
    /// When it was logged, in seconds since 1970.
    public var time: Double

    /// Makes a point.
    public init(step: String, name: String, index: Int64, value: Double, time: Double) {
        self.step = step
        self.name = name
        self.index = index
        self.value = value
        self.time = time
    }
}

/// What a run is filed under.
public struct RunLabel: Sendable, Hashable {
    /// Whose it is, or what it belongs to.
    public var namespace: String
    /// Words and values to find it by.
    public var tags: [String: String]

    /// Makes a label; by default an empty one.
    public init(namespace: String = "", tags: [String: String] = [:]) {
        self.namespace = namespace
        self.tags = tags
    }
}
