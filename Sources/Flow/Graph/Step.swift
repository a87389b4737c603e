import Core

/// One piece of work in a flow: a closure over artifacts.
///
/// A step declares the steps whose results it reads, its parameters and the version of its code. Together with the
/// digests of those results they make its *key*; a step whose key was computed before is taken from the store.
public struct Step: Sendable {
    /// Where a step's body runs.
    public enum Isolation: String, Sendable, Codable {
        /// In the process that runs the flow, on a thread of its own.
        case inProcess
        /// In a child process: a crash, or a kill by the system, takes down this step only, and it can be retried.
        case childProcess
    }

    /// What the step does.
    public typealias Body = @Sendable (StepContext) async throws -> Void
    /// A digest or version of something outside the store that the step reads, such as the hash of a CSV file.
    public typealias Fingerprint = @Sendable () async throws -> JSONValue
    /// Whether effects outside the store, such as a warehouse table, still are as a finished result left them.
    public typealias Validity = @Sendable (StepResult) async throws -> Bool
    /// About how many bytes the body needs, by the results of the steps it depends on.
    public typealias Memory = @Sendable (_ inputs: [String: StepResult]) -> Int
    /// The steps that a fan-out becomes, by the results of the steps it depends on. The same results must make the same
    /// steps: a child process makes them again.
    public typealias Expansion = @Sendable (_ inputs: [String: StepResult]) throws -> [Step]

    /// The step's name, unique in its graph.
    public var name: String
    /// The names of the steps that must have finished, whose artifacts and values the step may read.
    public var dependencies: [String]
    /// Everything that the body's result depends on, besides its inputs.
    public var parameters: JSONValue
    /// Changed by whoever changes what the body computes.
    public var codeVersion: String
    /// Where the body runs.
    public var isolation: Isolation
    /// Whether a result of an earlier run with the same key may stand in for running the body.
    public var isMemoised: Bool
    /// What happens after a failure.
    public var retries: RetryPolicy
    /// Whether the flow goes on when the last attempt failed: the step then counts as done, without artifacts, and
    /// ``StepContext/failure(of:)`` tells those that depend on it why.
    public var catches: Bool
    /// The longest time one attempt may take. In a child process the end is hard (SIGTERM, then SIGKILL); in the
    /// same process the body's task is cancelled, and the body must heed it.
    public var timeLimit: Duration?
    /// What the body needs; steps whose needs don't fit beside each other run one after the other.
    public var memory: Memory?
    /// How many cores the body keeps busy; steps run side by side as long as there are cores for them.
    public var cores: Int
    /// The name of what only one process at a time may hold, such as a database in a file. Steps of one process share it;
    /// on systems that run each step in a process of its own they wait for each other.
    public var mutex: String?
    /// What the step reads from outside the store; becomes part of the key.
    public var fingerprint: Fingerprint?
    /// Asked before a finished result is used again; `false` runs the body once more.
    public var validity: Validity?
    /// For a fan-out: the steps it becomes once the steps it depends on have finished. The body runs when they have.
    public var expansion: Expansion?
    /// How the branches of a fan-out run, as far as that is known before they are.
    public var branchOptions = StepOptions()
    /// What the step does.
    public var body: Body

    /// Describes a step.
    ///
    /// - Parameters:
    ///   - name: unique in its graph; no slash, no control character, at most 100 bytes.
    ///   - dependencies: the names of the steps whose results the body reads.
    ///   - parameters: part of the key.
    ///   - codeVersion: part of the key.
    ///   - isolation: in this process, or in a child.
    ///   - isMemoised: false for a step that must run in every new run (a resumed run still does not repeat it).
    ///   - retries: how often, and after which pauses, a failed attempt is repeated.
    ///   - catches: whether the flow goes on when the last attempt failed.
    ///   - timeLimit: the longest time of one attempt.
    ///   - memory: about how many bytes the body needs; not part of the key.
    ///   - cores: how many cores the body keeps busy, at least 1; not part of the key.
    ///   - fingerprint: what the body reads from outside the store.
    ///   - validity: whether effects outside the store still stand.
    ///   - body: the work.
    public init(
        _ name: String, dependencies: [String] = [], parameters: JSONValue = [:], codeVersion: String = "1",
        isolation: Isolation = .inProcess, isMemoised: Bool = true, retries: RetryPolicy = .never,
        catches: Bool = false, timeLimit: Duration? = nil, memory: Memory? = nil, cores: Int = 1,
        fingerprint: Fingerprint? = nil, validity: Validity? = nil, body: @escaping Body
    ) {
        precondition(cores > 0, "a step needs a core")
        self.name = name
        self.dependencies = dependencies
        self.parameters = parameters
        self.codeVersion = codeVersion
        self.isolation = isolation
        self.isMemoised = isMemoised
        self.retries = retries
        self.catches = catches
        self.timeLimit = timeLimit
        self.memory = memory
        self.cores = cores
        self.fingerprint = fingerprint
        self.validity = validity
        self.body = body
    }

    /// One step per value, named `name[label]`: a fan-out. A step that depends on all of their names is the join.
    ///
    /// - Parameters:
    ///   - name: the common name.
    ///   - branches: a label, unique among them, and the parameters of each branch.
    ///   - make: makes the step of one branch from its full name and parameters.
    public static func fanOut(
        _ name: String, over branches: [(label: String, parameters: JSONValue)],
        _ make: (_ name: String, _ parameters: JSONValue) throws -> Step
    ) rethrows -> [Step] {
        try branches.map { try make("\(name)[\($0.label)]", $0.parameters) }
    }

    /// A fan-out over what earlier steps found: how many branches there are, and what each does, is known when they have
    /// finished. A step that depends on it is the join: it sees the results of all branches, and their artifacts in
    /// their order. A branch may itself be a fan-out.
    ///
    /// - Parameters:
    ///   - name: the fan-out's name; those of its branches should begin with `name[`.
    ///   - dependencies: the steps whose results decide on the branches.
    ///   - branches: makes the branches; each may depend on `dependencies` and on each other. The same results must
    ///     make the same branches.
    public static func fanOut(
        _ name: String, dependencies: [String], _ branches: @escaping Expansion
    ) -> Step {
        var step = Step(name, dependencies: dependencies) { context in
            context.setValue(["branches": .array(context.branches.map { .string($0) })])
        }
        step.expansion = branches
        return step
    }
}
