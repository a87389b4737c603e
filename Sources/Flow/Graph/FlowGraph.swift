import Core

/// Steps and what they depend on: checked, in an order in which they can run.
public struct FlowGraph: Sendable {
    /// The flow's name.
    public let name: String
    /// The steps, each after those it depends on; otherwise in the order given.
    public let steps: [Step]
    private let positions: [String: Int]

    /// Checks the steps and puts them in order.
    ///
    /// - Throws: `invalidConfiguration` for a name that is unusable or used twice, a dependency that is no step (with
    ///   the nearest name), and a cycle (written out).
    /// - Complexity: O(steps + dependencies), and a name comparison per step for each unknown dependency.
    public init(name: String, steps: [Step]) throws { try self.init(name: name, steps: steps, known: []) }

    /// - Parameter known: names that the steps may depend on and may not have themselves.
    init(name: String, steps: [Step], known: Set<String>) throws {
        self.name = name
        var given: [String: Step] = [:]
        for step in steps {
            try FlowGraph.checkName(step.name)
            guard given.updateValue(step, forKey: step.name) == nil, !known.contains(step.name) else {
                throw MartletError(
                    .invalidConfiguration, "flow '\(name)' has two steps named '\(step.name)'", hint: "rename one")
            }
        }
        for step in steps {
            for dependency in step.dependencies where given[dependency] == nil && !known.contains(dependency) {
                throw MartletError(
                    .invalidConfiguration, "step '\(step.name)' depends on '\(dependency)', which is no step",
                    hint: nearest(to: dependency, among: given.keys.sorted()).map { "did you mean '\($0)'?" }
                        ?? "the steps are \(steps.map(\.name).joined(separator: ", "))")
            }
        }
        self.steps = try FlowGraph.order(steps, given)
        positions = Dictionary(uniqueKeysWithValues: self.steps.enumerated().map { ($1.name, $0) })
    }

    /// The step named `name`.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func step(_ name: String) throws -> Step {
        if let position = positions[name] { return steps[position] }
        throw MartletError(
            .notFound, "flow '\(self.name)' has no step '\(name)'",
            hint: nearest(to: name, among: steps.map(\.name)).map { "did you mean '\($0)'?" }
                ?? "the steps are \(steps.map(\.name).joined(separator: ", "))")
    }

    /// The place of a step in ``steps``; the end if it is none.
    func position(of name: String) -> Int { positions[name] ?? steps.count }

    private static func checkName(_ name: String) throws {
        let isUsable =
            !name.isEmpty && name.utf8.count <= 100 && name.first != "."
            && !name.unicodeScalars.contains { $0 == "/" || $0.value < 0x20 || $0.value == 0x7F }
        guard isUsable else {
            throw MartletError(
                .invalidConfiguration, "'\(name)' cannot name a step",
                hint: "a name is 1 to 100 bytes long, does not begin with a dot and holds no slash or control character"
            )
        }
    }

    /// Depth-first search that notices the way back to a step still being visited.
    private static func order(_ steps: [Step], _ given: [String: Step]) throws -> [Step] {
        var ordered: [Step] = []
        var isDone: Set<String> = []
        var path: [String] = []
        var isOnPath: Set<String> = []
        // An explicit stack: a chain of many thousand steps must not exhaust the thread's.
        for root in steps where !isDone.contains(root.name) {
            var stack: [(step: Step, next: Int)] = [(root, 0)]
            path = [root.name]
            isOnPath = [root.name]
            while let top = stack.last {
                if top.next < top.step.dependencies.count {
                    stack[stack.count - 1].next += 1
                    let dependency = top.step.dependencies[top.next]
                    if isOnPath.contains(dependency) {
                        let cycle = path[path.firstIndex(of: dependency)!...] + [dependency]
                        throw MartletError(
                            .invalidConfiguration,
                            "the steps depend on each other in a circle: \(cycle.joined(separator: " → "))",
                            hint: "drop one of these dependencies")
                    }
                    if let next = given[dependency], !isDone.contains(dependency) {
                        stack.append((next, 0))
                        path.append(dependency)
                        isOnPath.insert(dependency)
                    }
                } else {
                    stack.removeLast()
                    isOnPath.remove(path.removeLast())
                    isDone.insert(top.step.name)
                    ordered.append(top.step)
                }
            }
        }
        return ordered
    }
}
