import Flow

/// A run's steps as a graph in which the branches of one fan-out are one box.
struct StepGraph {
    /// Steps that are drawn as one box.
    private struct Group {
        var key: String
        var steps: [StepRecord] = []
        var parents: Set<String> = []
    }

    private let groups: [Group]

    /// Groups the steps `name[…]` of one name; if that made a circle, no steps are grouped.
    init(_ steps: [StepRecord]) {
        groups = Self.grouped(steps, by: Self.family) ?? Self.grouped(steps) { $0 } ?? []
    }

    /// `train[…]` for `train[dlrm]`, `trial[…]@3` for `trial[a]@3`; a step of no fan-out is its own family.
    static func family(_ name: String) -> String {
        guard let open = name.firstIndex(of: "["), let close = name.lastIndex(of: "]"), open < close else {
            return name
        }
        return name[...open] + "…" + name[close...]
    }

    /// The groups, each after those it depends on; nil if there is a circle.
    private static func grouped(_ steps: [StepRecord], by key: (String) -> String) -> [Group]? {
        var groups: [String: Group] = [:]
        var order: [String] = []
        for step in steps {
            let name = key(step.name)
            if groups[name] == nil { order.append(name) }
            groups[name, default: Group(key: name)].steps.append(step)
            groups[name]!.parents.formUnion(step.dependencies.map(key).filter { $0 != name })
        }
        var sorted: [Group] = []
        var placed: Set<String> = []
        while sorted.count < order.count {
            let ready = order.filter { name in
                !placed.contains(name) && groups[name]!.parents.allSatisfy { placed.contains($0) || groups[$0] == nil }
            }
            if ready.isEmpty { return nil }
            for name in ready {
                sorted.append(groups[name]!)
                placed.insert(name)
            }
        }
        return sorted
    }

    /// The drawing.
    ///
    /// - Parameter link: where a step's page is.
    func svg(link: (StepRecord) -> String) -> HTML {
        let nodes = groups.map { group in
            LayeredGraph.Node(
                id: group.key, label: group.steps.count == 1 ? group.steps[0].name : group.key,
                detail: Self.detail(group.steps), kind: Self.kind(group.steps),
                link: group.steps.count == 1 ? link(group.steps[0]) : "#steps", parents: Array(group.parents).sorted())
        }
        let states = Dictionary(grouping: groups.flatMap(\.steps), by: \.state.rawValue).mapValues(\.count)
        let said = states.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return LayeredGraph(nodes, isReduced: true).svg(
            title: "The run's steps", description: "\(said). The table below holds every step and what it depends on.")
    }

    private static func detail(_ steps: [StepRecord]) -> String {
        if steps.count == 1 {
            let step = steps[0]
            return step.state == .finished ? step.seconds.map(Wording.span) ?? "" : step.state.rawValue
        }
        let done = steps.filter(\.state.hasResult).count
        return done == steps.count ? "\(done) steps" : "\(done) of \(steps.count) done"
    }

    /// The state that says most: a failure before work before waiting.
    static func kind(_ steps: [StepRecord]) -> String {
        let states = Set(steps.map(\.state))
        if states.contains(.failed) { return "bad" }
        if states.contains(.running) { return "busy" }
        if states.contains(.cancelled) || states.contains(.skipped) { return "warn" }
        if states.contains(.waiting) { return "idle" }
        return states == [.reused] ? "reused" : "good"
    }
}
