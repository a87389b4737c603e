import Core

/// How a step runs, beside what it does.
public struct StepOptions: Sendable {
    /// Everything that the body's result depends on, besides its inputs.
    public var parameters: JSONValue
    /// Changed by whoever changes what the body computes.
    public var codeVersion: String
    /// Where the body runs.
    public var isolation: Step.Isolation
    /// Whether an earlier run's result may stand in.
    public var isMemoised: Bool
    /// What happens after a failure.
    public var retries: RetryPolicy
    /// Whether the flow goes on when the last attempt failed.
    public var catches: Bool
    /// The longest time one attempt may take.
    public var timeLimit: Duration?
    /// About how many bytes the body needs; 0 if it does not matter.
    public var memory: Int
    /// How many cores it keeps busy.
    public var cores: Int

    /// Makes options; every one has a standard value.
    public init(
        parameters: JSONValue = [:], codeVersion: String = "1", isolation: Step.Isolation = .inProcess,
        isMemoised: Bool = true, retries: RetryPolicy = .never, catches: Bool = false, timeLimit: Duration? = nil,
        memory: Int = 0, cores: Int = 1
    ) {
        self.parameters = parameters
        self.codeVersion = codeVersion
        self.isolation = isolation
        self.isMemoised = isMemoised
        self.retries = retries
        self.catches = catches
        self.timeLimit = timeLimit
        self.memory = memory
        self.cores = cores
    }

    func step(_ name: String, dependencies: [String], body: @escaping Step.Body) -> Step {
        var step = Step(
            name, dependencies: dependencies, parameters: parameters, codeVersion: codeVersion, isolation: isolation,
            isMemoised: isMemoised, retries: retries, catches: catches, timeLimit: timeLimit, cores: cores, body: body)
        if memory > 0 { step.memory = { [memory] _ in memory } }
        return step
    }
}
