import Core

/// What a run has to do: the graph's steps, what its fan-outs became, and which results there are.
struct FlowSchedule {
    let graph: FlowGraph
    private(set) var steps: [String: Step]
    private(set) var results: [String: StepResult] = [:]
    private var dependents: [String: [String]] = [:]
    private var missing: [String: Int] = [:]
    /// The branches of the fan-outs that are expanded, in order.
    private var branches: [String: [String]] = [:]
    private var parents: [String: String] = [:]

    init(_ graph: FlowGraph) {
        self.graph = graph
        steps = Dictionary(uniqueKeysWithValues: graph.steps.map { ($0.name, $0) })
        for step in graph.steps { enter(step) }
    }

    /// The graph's steps that can begin at once.
    var first: [Step] { graph.steps.filter { missing[$0.name] == 0 } }

    /// All steps, each fan-out's branches behind it.
    var ordered: [Step] {
        var ordered: [Step] = []
        var pending = Array(graph.steps.reversed())
        while let step = pending.popLast() {
            ordered.append(step)
            pending += (branches[step.name] ?? []).reversed().map { steps[$0]! }
        }
        return ordered
    }

    /// The steps whose results a step sees: those it depends on, behind each fan-out its branches.
    func inputs(of step: Step) -> [String] {
        var inputs: [String] = []
        var pending = Array(step.dependencies.reversed()) as [String]
        // A fan-out that gathers sees its own branches.
        pending.insert(contentsOf: (branches[step.name] ?? []).reversed(), at: 0)
        var seen: Set<String> = []
        while let name = pending.popLast() {
            guard seen.insert(name).inserted else { continue }
            inputs.append(name)
            pending += (branches[name] ?? []).reversed()
        }
        return inputs
    }

    /// The branches that a fan-out became; none before.
    func branches(of step: Step) -> [String] { branches[step.name] ?? [] }

    /// Whether a step is a fan-out that has yet to become its branches.
    func mustExpand(_ step: Step) -> Bool { step.expansion != nil && branches[step.name] == nil }

    /// The steps that wait for this one.
    func waiting(for name: String) -> [String] { dependents[name] ?? [] }

    /// The fan-out that made a step.
    func parent(of name: String) -> String? { parents[name] }

    /// Notes a result.
    ///
    /// - Returns: the steps that can begin now.
    mutating func finish(_ name: String, _ result: StepResult) -> [Step] {
        results[name] = result
        var ready: [Step] = []
        for next in dependents[name] ?? [] {
            missing[next]! -= 1
            if missing[next] == 0 { ready.append(steps[next]!) }
        }
        return ready
    }

    /// Makes a fan-out's branches. It then waits for them, and gathers them when they are done.
    ///
    /// - Returns: the branches, and those steps that can begin now.
    /// - Throws: what the expansion throws, and `invalidConfiguration` for branches that cannot be.
    mutating func expand(_ fanOut: Step) throws -> (branches: [Step], ready: [Step]) {
        let inputs = inputs(of: fanOut)
        let made = try fanOut.expansion?(results.filter { inputs.contains($0.key) }) ?? []
        let taken = Set(steps.keys)
        for step in made where taken.contains(step.name) {
            throw MartletError(
                .invalidConfiguration,
                "the fan-out '\(fanOut.name)' makes a step '\(step.name)', which there is already",
                hint: "begin the names of its branches with '\(fanOut.name)['")
        }
        let ordered = try FlowGraph(name: fanOut.name, steps: made, known: Set(inputs)).steps
        branches[fanOut.name] = made.map(\.name)
        for step in ordered {
            steps[step.name] = step
            parents[step.name] = fanOut.name
            enter(step)
        }
        missing[fanOut.name] = made.count
        for step in made { dependents[step.name, default: []].append(fanOut.name) }
        let ready = ordered.filter { missing[$0.name] == 0 }
        return (made, made.isEmpty ? [fanOut] : ready)
    }

    private mutating func enter(_ step: Step) {
        let needed = Set(step.dependencies.filter { results[$0] == nil })
        missing[step.name] = needed.count
        for name in needed { dependents[name, default: []].append(step.name) }
    }
}

extension FlowSchedule {
    /// The schedule of a run under way as another process sees it: fan-outs whose results are there are expanded again.
    ///
    /// - Throws: what an expansion throws, and the store's errors.
    init(_ graph: FlowGraph, run: String, store: RunStore) throws {
        self.init(graph)
        var isGrowing = graph.steps.contains { $0.expansion != nil }
        while isGrowing {
            isGrowing = false
            for step in ordered where mustExpand(step) {
                for name in inputs(of: step) where results[name] == nil {
                    results[name] = try store.result(run: run, step: name)
                }
                guard inputs(of: step).allSatisfy({ results[$0] != nil }) else { continue }
                _ = try expand(step)
                isGrowing = true
            }
        }
    }

    /// The step named `name`.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    func step(_ name: String) throws -> Step {
        if let step = steps[name] { return step }
        return try graph.step(name)
    }
}
