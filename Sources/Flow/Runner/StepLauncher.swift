import Core

/// A step on its way to another machine.
public struct LaunchedStep: Sendable {
    /// The run's id.
    public var run: String
    /// The step.
    public var step: Step
    /// The command that runs it, program first.
    public var command: [String]
    /// The file to which its output goes.
    public var log: String
    /// About how many bytes it needs; 0 if nobody said.
    public var memory: Int
}

/// Runs steps elsewhere than in children of this process, such as on the machines of a cluster. They share the store's
/// folder with this machine.
public protocol StepLauncher: Sendable {
    /// Runs a step's command to its end, ends it if the task is cancelled.
    ///
    /// - Returns: how it ended, in words that complete "its job …"; what counts is what it left in the store.
    /// - Throws: `missingDependency`, `unavailable` or `system` if it cannot be run.
    func run(_ launched: LaunchedStep) async throws -> String
}
