import Core

/// How a run went.
public struct RunSummary: Sendable {
    /// How a step went.
    public struct Step: Sendable {
        /// The step's name.
        public var name: String
        /// Where it ended.
        public var state: StepState
        /// Whether it had finished before, in an earlier session of this run.
        public var wasDone: Bool
        /// Seconds that it took in this session.
        public var seconds: Double
        /// What went wrong, or where the result was taken from.
        public var message: String?
    }

    /// The run's id.
    public var run: String
    /// Where it ended.
    public var state: RunState
    /// Seconds that this session took.
    public var seconds: Double
    /// The steps, in an order in which they can run.
    public var steps: [Step]
    /// The first failure, if there was one.
    public var failure: (any Error)?

    /// Ends well only if every step has a result.
    ///
    /// - Throws: the first failure, or `cancelled` with the way to resume.
    public func check() throws {
        if let failure { throw failure }
        if state == .cancelled {
            throw MartletError(.cancelled, "run \(run) was ended before it was done", hint: "resume it: \(run)")
        }
    }
}
