import Core

extension FlowRunner {
    /// Starts each step when those it depends on have results and there is room for it; returns when nothing runs.
    ///
    /// - Returns: all steps, those that fan-outs made too, and how each ended.
    func work(_ graph: FlowGraph, run: String, from: String?) async -> (steps: [Step], outcomes: [String: StepOutcome])
    {
        var schedule = FlowSchedule(graph)
        var ready = schedule.first
        var outcomes: [String: StepOutcome] = [:]
        var repeated = Set([from].compactMap { $0 })
        var places = 1
        await withTaskGroup(of: (Step, StepOutcome).self) { group in
            var running: [String: (memory: Int, cores: Int)] = [:]
            while true {
                while !Task.isCancelled {
                    if let place = ready.firstIndex(where: schedule.mustExpand) {
                        let fanOut = ready.remove(at: place)
                        do {
                            ready += try expand(fanOut, &schedule, run: run, place: places)
                            places += schedule.branches(of: fanOut).count
                        } catch {
                            try? store.mark(run: run, step: fanOut.name, .failed, message: "\(error)")
                            outcomes[fanOut.name] = .failed(error, seconds: 0)
                            skip(fanOut.name, schedule, run: run, &outcomes)
                        }
                        continue
                    }
                    // What runs elsewhere takes nothing of this machine.
                    let needs = ready.map { step -> (memory: Int, cores: Int) in
                        isElsewhere(step) ? (0, 0) : (step.memory?(schedule.results) ?? 0, step.cores)
                    }
                    guard let place = needs.firstIndex(where: { fits($0, beside: running) }) else { break }
                    let step = ready.remove(at: place)
                    running[step.name] = needs[place]
                    let inputs = schedule.inputs(of: step)
                    let work = StepInputs(
                        names: inputs, branches: schedule.branches(of: step),
                        results: Dictionary(uniqueKeysWithValues: Set(inputs).map { ($0, schedule.results[$0]!) }))
                    let isRepeated =
                        repeated.contains(step.name) || !repeated.isDisjoint(with: inputs)
                        || schedule.parent(of: step.name).map(repeated.contains) ?? false
                    if isRepeated { repeated.insert(step.name) }
                    group.addTask { (step, await complete(step, run: run, inputs: work, repeats: isRepeated)) }
                }
                guard !running.isEmpty, let (step, outcome) = await group.next() else { break }
                running[step.name] = nil
                outcomes[step.name] = outcome
                if let result = outcome.result {
                    ready += schedule.finish(step.name, result)
                } else if outcome.error != nil {
                    skip(step.name, schedule, run: run, &outcomes)
                }
            }
        }
        return (schedule.ordered, outcomes)
    }

    private func isElsewhere(_ step: Step) -> Bool {
        launcher != nil && childCommand != nil && step.isolation == .childProcess
    }

    private func fits(
        _ need: (memory: Int, cores: Int), beside running: [String: (memory: Int, cores: Int)]
    ) -> Bool {
        if running.isEmpty || need == (0, 0) { return true }
        let taken = running.values.reduce((memory: 0, cores: 0)) { ($0.memory + $1.memory, $0.cores + $1.cores) }
        return need.memory <= maximumMemory - taken.memory && need.cores <= maximumParallel - taken.cores
    }

    /// Turns a fan-out into its branches.
    ///
    /// - Returns: the branches that can begin.
    private func expand(_ fanOut: Step, _ schedule: inout FlowSchedule, run: String, place: Int) throws -> [Step] {
        let (branches, ready) = try schedule.expand(fanOut)
        var root = fanOut.name
        while let parent = schedule.parent(of: root) { root = parent }
        let position = schedule.graph.position(of: root)
        try store.insertBranches(branches, of: fanOut.name, run: run, position: position, place: place)
        return ready
    }

    /// Marks what waits for a step that failed.
    private func skip(
        _ failed: String, _ schedule: FlowSchedule, run: String, _ outcomes: inout [String: StepOutcome]
    ) {
        let message = "'\(failed)' failed"
        var pending = schedule.waiting(for: failed)
        while let name = pending.popLast() {
            guard outcomes[name] == nil else { continue }
            outcomes[name] = .skipped(message)
            try? store.mark(run: run, step: name, .skipped, message: message)
            pending += schedule.waiting(for: name)
        }
    }
}
