import Core
import FoundationEssentials

/// Runs flows: independent steps at the same time, each step at most once per key.
public struct FlowRunner: Sendable {
    /// Makes the command that runs one step of a run in a child process; the program it names must call
    /// ``runChild(_:run:step:)`` with the same graph.
    public typealias ChildCommand = @Sendable (_ step: String, _ run: String) -> [String]

    /// Where runs, artifacts and metrics are kept.
    public let store: RunStore
    /// How many steps may run at once.
    public var maximumParallel: Int
    /// How many bytes the steps that run at once may need together, by what they say; one that needs more runs alone.
    public var maximumMemory: Int
    /// How long a child process has to end after SIGTERM before it is killed.
    public var gracePeriod: Duration
    /// Makes the command of a child process; without it, such steps run in this process.
    public var childCommand: ChildCommand?
    /// Where to say how far the run is.
    public var progress: any ProgressReporting

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - store: where runs, artifacts and metrics are kept.
    ///   - maximumParallel: how many steps may run at once; at least 1.
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
    ///   - parameters: what should be remembered with a new run, such as the resolved configuration.
    /// - Returns: how it went, step by step.
    /// - Throws: `notFound` or `busy` for a run that cannot be resumed; `outOfSpace`, `system` or `corrupted` if the
    ///   store cannot be written.
    public func run(_ graph: FlowGraph, resume: String? = nil, parameters: JSONValue = [:]) async throws -> RunSummary {
        let begin = ContinuousClock.now
        let run: String
        if let resume {
            run = try store.run(resume).id
            try store.claim(run, graph)
        } else {
            run = try store.create(graph, parameters: parameters)
        }
        let outcomes = await schedule(graph, run: run)
        let steps = graph.steps.map { step in
            (outcomes[step.name] ?? .cancelled).summary(of: step.name)
        }
        let failure = graph.steps.lazy.compactMap { outcomes[$0.name]?.error }.first
        let isCancelled = steps.contains { $0.state == .cancelled }
        let state: RunState = isCancelled ? .cancelled : failure == nil ? .finished : .failed
        try store.end(run, state, message: failure.map { "\($0)" })
        if state == .finished { try? Folders.remove("\(store.folder)/work/\(run)") }
        return RunSummary(
            run: run, state: state, seconds: seconds(of: ContinuousClock.now - begin), steps: steps, failure: failure)
    }

    /// Starts each step when those it depends on have results and a place is free; returns when nothing runs.
    private func schedule(_ graph: FlowGraph, run: String) async -> [String: StepOutcome] {
        var dependents: [String: [Step]] = [:]
        var missing: [String: Int] = [:]
        for step in graph.steps {
            let needed = Set(step.dependencies)
            missing[step.name] = needed.count
            for name in needed { dependents[name, default: []].append(step) }
        }
        var ready = graph.steps.filter { missing[$0.name] == 0 }
        var outcomes: [String: StepOutcome] = [:]
        var results: [String: StepResult] = [:]
        await withTaskGroup(of: (Step, StepOutcome).self) { group in
            var running: [String: Int] = [:]
            while true {
                while running.count < maximumParallel, !Task.isCancelled {
                    let free = running.isEmpty ? Int.max : maximumMemory - running.values.reduce(0, +)
                    let needs = ready.map { $0.memory?(results) ?? 0 }
                    guard let place = needs.firstIndex(where: { $0 <= free }) else { break }
                    let step = ready.remove(at: place)
                    running[step.name] = needs[place]
                    let inputs = results.filter { step.dependencies.contains($0.key) }
                    group.addTask { (step, await complete(step, run: run, results: inputs)) }
                }
                guard !running.isEmpty, let (step, outcome) = await group.next() else { break }
                running[step.name] = nil
                outcomes[step.name] = outcome
                if let result = outcome.result {
                    results[step.name] = result
                    for next in dependents[step.name] ?? [] {
                        missing[next.name]! -= 1
                        if missing[next.name] == 0 { ready.append(next) }
                    }
                } else if outcome.error != nil {
                    skip(dependents[step.name] ?? [], because: step.name, dependents, run: run, &outcomes)
                }
            }
        }
        return outcomes
    }

    private func skip(
        _ steps: [Step], because failed: String, _ dependents: [String: [Step]], run: String,
        _ outcomes: inout [String: StepOutcome]
    ) {
        var pending = steps
        while let step = pending.popLast() {
            guard outcomes[step.name] == nil else { continue }
            let message = "'\(failed)' failed"
            outcomes[step.name] = .skipped(message)
            try? store.mark(run: run, step: step.name, .skipped, message: message)
            pending += dependents[step.name] ?? []
        }
    }
}
