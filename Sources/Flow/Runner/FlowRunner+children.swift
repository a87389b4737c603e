import Core

extension FlowRunner {
    /// Runs one step of a run in this process, which the runner of that run started for it.
    ///
    /// Ends at once when the parent process dies, and cancels the body on SIGTERM. Results and the reason of a failure
    /// go to the store, where the parent finds them.
    ///
    /// - Parameters:
    ///   - graph: the same graph that the parent runs.
    ///   - run: the run's id.
    ///   - step: the step's name.
    /// - Throws: whatever the step's body throws.
    public func runChild(_ graph: FlowGraph, run: String, step name: String) async throws {
        Lifeline.watch()
        let schedule = try FlowSchedule(graph, run: run, store: store)
        let step = try schedule.step(name)
        guard let record = try store.steps(run: run).first(where: { $0.name == name }), record.state == .running,
            let key = record.key
        else {
            throw MartletError(
                .busy, "run \(run) is not waiting for step '\(name)'", hint: "start the run, not the step")
        }
        let names = schedule.inputs(of: step)
        var inputs = StepInputs(names: names, branches: schedule.branches(of: step), results: [:])
        for dependency in Set(names) { inputs.results[dependency] = try store.result(run: run, step: dependency) }
        let progress: any ProgressReporting = ProgressPipe.inChild() ?? self.progress
        let attempt = StepAttempt(
            store: store, run: run, step: step, key: key, number: record.attempts, inputs: inputs, progress: progress)
        do {
            try await withInterrupts { _ = try await attempt.perform() }
        } catch {
            try? store.note(run: run, step: name, message: "\(error)")
            throw error
        }
    }

    /// Starts the child, forwards its progress, and waits for its end.
    func attemptInChild(_ launched: LaunchedStep) async throws -> StepResult {
        let (run, step, log) = (launched.run, launched.step, launched.log)
        try Folders.make(Folders.parent(of: log))
        let ending: String
        var interruption: (any Error)?
        if let launcher {
            ending = "job " + (try await launcher.run(launched))
        } else {
            let child = try ChildProcess(command: launched.command, log: log)
            let end = try await child.wait(limit: step.timeLimit, grace: gracePeriod, progress: progress)
            ending = "process \(end.text)"
            if case .cancelled = end { interruption = CancellationError() }
            if case .timeLimit(let limit) = end { interruption = StepFailure.timeLimit(limit) }
        }
        // What counts is the commit: a child that dies after it has finished its work.
        if let record = try store.steps(run: run).first(where: { $0.name == step.name }) {
            if record.state == .finished, let result = try store.result(run: run, step: step.name) { return result }
            if let interruption { throw interruption }
            let hint = "its output is in \(log)"
            guard let message = record.message else { throw MartletError(.childDied, "its \(ending)", hint: hint) }
            throw MartletError("step-failed", message, hint: hint)
        }
        throw MartletError(.corrupted, "run \(run) has lost its step '\(step.name)'")
    }
}

extension MartletError.Code {
    /// A step's process ended without a result and without a word why.
    static let childDied: Self = "step-died"
}
