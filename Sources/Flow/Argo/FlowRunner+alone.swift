import Core

/// For systems that schedule by themselves, such as Argo Workflows: a run is begun, its steps are run in a process each in
/// whatever order their dependencies allow, and the run is ended.
extension FlowRunner {
    /// Does what a process of such a run has to do.
    ///
    /// - Parameters:
    ///   - phase: what is to be done.
    ///   - graph: the steps; the same in every process.
    ///   - run: the run's id; not read by ``StepPhase/begin``.
    ///   - step: the step's name; not read by ``StepPhase/begin`` and ``StepPhase/end``.
    ///   - attempt: how many attempts at the step there were before.
    ///   - parameters: what is remembered with a new run.
    ///   - label: what a new run is filed under.
    /// - Returns: the new run's id, or the names of a fan-out's branches as a JSON array; nothing otherwise.
    /// - Throws: `busy` if a step that this one depends on has no result yet, `failedCheck` from ``StepPhase/end`` if a
    ///   step has none, whatever the step's body throws, and the store's errors.
    public func perform(
        _ phase: StepPhase, _ graph: FlowGraph, run: String, step: String, attempt: Int = 0,
        parameters: JSONValue = [:], label: RunLabel = RunLabel()
    ) async throws -> String {
        switch phase {
        case .begin:
            // No process of this machine works on it: it counts as worked on until it is ended.
            let worker = ProcessIdentity(id: 0, started: 0, host: "a scheduler")
            return try store.create(graph, parameters: parameters, label: label, worker: worker)
        case .plan: return JSONValue.array(try plan(graph, run: run, step: step).map { .string($0) }).description
        case .alone: try await runAlone(graph, run: run, step: step, attempt: attempt)
        case .end: try end(run)
        }
        return ""
    }

    private func plan(_ graph: FlowGraph, run: String, step name: String) throws -> [String] {
        let schedule = try FlowSchedule(graph, run: run, store: store)
        let fanOut = try schedule.step(name)
        guard !schedule.mustExpand(fanOut) else { throw Self.early(name, run, "what it fans out over") }
        let branches = schedule.branches(of: fanOut).map { schedule.steps[$0]! }
        let siblings = Set(branches.map(\.name))
        if let behind = branches.first(where: { !siblings.isDisjoint(with: $0.dependencies) }) {
            throw MartletError(
                .invalidConfiguration, "'\(behind.name)' depends on another branch of '\(name)'",
                hint: "make it a step behind the fan-out: here all branches run side by side")
        }
        try store.insertBranches(branches, of: name, run: run, position: graph.position(of: name), place: 1)
        return branches.map(\.name)
    }

    private func runAlone(_ graph: FlowGraph, run: String, step name: String, attempt: Int) async throws {
        var schedule = try FlowSchedule(graph, run: run, store: store)
        var step = try schedule.step(name)
        // A branch that is itself a fan-out: no other process knows its branches.
        if step.expansion != nil, schedule.parent(of: name) != nil {
            guard !schedule.mustExpand(step) else { throw Self.early(name, run, "what it fans out over") }
            let branches = schedule.branches(of: step)
            try store.insertBranches(
                branches.map { schedule.steps[$0]! }, of: name, run: run, position: graph.steps.count, place: 1)
            for branch in branches { try await runAlone(graph, run: run, step: branch, attempt: attempt) }
            schedule = try FlowSchedule(graph, run: run, store: store)
        }
        // Repeating is the scheduler's; a failure is caught by the last attempt.
        if attempt < step.retries.count { step.catches = false }
        step.retries = .never
        var inputs = StepInputs(names: schedule.inputs(of: step), branches: schedule.branches(of: step), results: [:])
        for dependency in Set(inputs.names) {
            guard let result = try store.result(run: run, step: dependency) else {
                throw Self.early(name, run, "'\(dependency)'")
            }
            inputs.results[dependency] = result
        }
        let (ready, work) = (step, inputs)
        let outcome = try await withInterrupts { await complete(ready, run: run, inputs: work, repeats: false) }
        if let error = outcome.error { throw error }
        if outcome.result == nil { throw CancellationError() }
    }

    private static func early(_ step: String, _ run: String, _ missing: String) -> MartletError {
        MartletError(
            .busy, "step '\(step)' of run \(run) needs \(missing), which has not finished",
            hint: "run what it depends on first")
    }

    private func end(_ id: String) throws {
        let run = try store.run(id).id
        var failure: String?
        for step in try store.steps(run: run) where !step.state.hasResult {
            failure = failure ?? "step '\(step.name)': \(step.message ?? "it did not run to its end")"
            switch step.state {
            case .waiting: try store.mark(run: run, step: step.name, .skipped, message: "the run ended before it")
            case .running: try store.mark(run: run, step: step.name, .failed, message: "its process was ended")
            default: break
            }
        }
        try store.end(run, failure == nil ? .finished : .failed, message: failure)
        if let failure {
            throw MartletError(.failedCheck, "run \(run) did not finish: \(failure)", hint: "look at the step's log")
        }
        try? Folders.remove("\(store.folder)/work/\(run)")
    }
}
