import Core
import FoundationEssentials

/// Runs flows: independent steps at the same time, each step at most once per key.
public struct FlowRunner: Sendable {
    /// Makes the command that runs one step of a run in a child process; the program it names must call
    /// ``runChild(_:run:step:)`` with the same graph.
    public typealias ChildCommand = @Sendable (_ step: String, _ run: String) -> [String]

    /// Where runs, artifacts and metrics are kept.
    public let store: RunStore
    /// How many cores the steps that run at once may keep busy, by what they say; one that needs more runs alone.
    public var maximumParallel: Int
    /// How many bytes the steps that run at once may need together, by what they say; one that needs more runs alone.
    public var maximumMemory: Int
    /// How long a child process has to end after SIGTERM before it is killed.
    public var gracePeriod: Duration
    /// Makes the command of a child process; without it, such steps run in this process.
    public var childCommand: ChildCommand?
    /// Runs the commands of child processes elsewhere, such as on a cluster; nil: on this machine.
    public var launcher: (any StepLauncher)?
    /// Told a run's id when it begins or goes on.
    public var began: @Sendable (_ run: String) -> Void = { _ in }
    /// Where to say how far the run is.
    public var progress: any ProgressReporting

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - store: where runs, artifacts and metrics are kept.
    ///   - maximumParallel: how many cores the steps that run at once may keep busy; at least 1. A step keeps one
    ///     busy unless it says more.
    ///   - maximumMemory: how many bytes the steps that run at once may need together; by default four fifths of what
    ///     the machine, or the container, has.
    ///   - gracePeriod: how long a child has to end after SIGTERM.
    ///   - progress: where to say how far the run is.
    ///   - childCommand: makes the command of a child process, program first.
    public init(
        store: RunStore, maximumParallel: Int = ProcessInfo.processInfo.activeProcessorCount,
        maximumMemory: Int = MachineMemory.bytes / 5 * 4, gracePeriod: Duration = .seconds(10),
        progress: any ProgressReporting = SilentProgress(),
        childCommand: ChildCommand? = nil
    ) {
        precondition(maximumParallel > 0, "at least one step must be able to run")
        self.store = store
        self.maximumParallel = maximumParallel
        self.maximumMemory = maximumMemory
        self.gracePeriod = gracePeriod
        self.progress = progress
        self.childCommand = childCommand
    }

    /// Runs a graph to its end, or goes on with a run that did not get there.
    ///
    /// A step that fails stops the steps that depend on it, and no others. Cancelling the calling task ends what
    /// runs, children included, and leaves a run that can be resumed. That a step failed is said in the summary: call
    /// its ``RunSummary/check()`` to have it thrown.
    ///
    /// - Parameters:
    ///   - graph: the steps.
    ///   - resume: the id of the run to go on with; nil begins a new one.
    ///   - from: a step of the resumed run that is computed again, and everything behind it, although they have results.
    ///   - parameters: what should be remembered with a new run, such as the resolved configuration.
    ///   - label: what a new run is filed under.
    /// - Returns: how it went, step by step.
    /// - Throws: `notFound` or `busy` for a run that cannot be resumed, `notFound` for a step that it has not;
    ///   `outOfSpace`, `system` or `corrupted` if the store cannot be written.
    public func run(
        _ graph: FlowGraph, resume: String? = nil, from: String? = nil, parameters: JSONValue = [:],
        label: RunLabel = RunLabel()
    ) async throws -> RunSummary {
        let begin = ContinuousClock.now
        let run: String
        if let resume {
            run = try store.run(resume).id
            if let from { try check(from, graph, run: run) }
            try store.claim(run, graph)
        } else {
            run = try store.create(graph, parameters: parameters, label: label)
        }
        began(run)
        let (ordered, outcomes) = await work(graph, run: run, from: from)
        let steps = ordered.map { step in (outcomes[step.name] ?? .cancelled).summary(of: step.name) }
        let failure = ordered.lazy.compactMap { outcomes[$0.name]?.error }.first
        let isCancelled = steps.contains { $0.state == .cancelled }
        let state: RunState = isCancelled ? .cancelled : failure == nil ? .finished : .failed
        try store.end(run, state, message: failure.map { "\($0)" })
        if state == .finished { try? Folders.remove("\(store.folder)/work/\(run)") }
        return RunSummary(
            run: run, state: state, seconds: seconds(of: ContinuousClock.now - begin), steps: steps, failure: failure)
    }

    private func check(_ from: String, _ graph: FlowGraph, run: String) throws {
        let names = try store.steps(run: run).map(\.name)
        if !names.contains(from) { _ = try graph.step(from) }
    }
}
