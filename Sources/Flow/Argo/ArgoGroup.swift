import Core

/// What becomes one task of an Argo workflow: a step, the steps of a fan-out over values, or the branches of a fan-out
/// that are known once it is reached.
struct ArgoGroup {
    enum Kind: Hashable {
        /// A step, or a fan-out's own step, which gathers.
        case steps
        /// Finds out the branches.
        case plan
        /// Runs them.
        case branches
    }

    /// What all steps of the group have in common; steps with another of these are another task.
    struct Common: Hashable {
        var kind: Kind
        var base: String
        var dependencies: [String]
        var retries: RetryPolicy
        var catches: Bool
        var timeLimit: Duration?
        var cores: Int
        var memory: Int
        var mutex: String?
    }

    var common: Common
    /// The task's name and its template's: signs that Kubernetes allows.
    var name: String
    /// The steps by their full names; the fan-out's for a plan and its branches.
    var steps: [String]

    /// The groups of a graph, each behind those it depends on.
    ///
    /// - Parameter results: what is known of earlier runs, by which steps say what memory they need.
    static func groups(of graph: FlowGraph, results: [String: StepResult]) -> [ArgoGroup] {
        var groups: [ArgoGroup] = []
        var places: [Common: Int] = [:]
        var tasks: [String: String] = [:]
        var taken: Set<String> = ["begin", "end", "main"]
        func enter(_ step: String, _ common: Common) -> String {
            if common.kind == .steps, step != common.base, let place = places[common] {
                groups[place].steps.append(step)
                return groups[place].name
            }
            let plain = plain(common.base)
            var (name, number) = (plain, 1)
            while !taken.insert(name).inserted {
                number += 1
                name = "\(plain)-\(number)"
            }
            places[common] = groups.count
            groups.append(ArgoGroup(common: common, name: name, steps: [step]))
            return name
        }
        for step in graph.steps {
            let behind = Set(step.dependencies.map { tasks[$0]! }).sorted()
            var common = Common(
                kind: .steps, base: base(of: step.name), dependencies: behind, retries: step.retries,
                catches: step.catches, timeLimit: step.timeLimit, cores: step.cores,
                memory: rounded(step.memory?(results) ?? 0), mutex: step.mutex)
            if step.expansion != nil {
                common = Common(
                    kind: .plan, base: step.name + "-plan", dependencies: behind, retries: .never, catches: false,
                    timeLimit: nil, cores: 1, memory: 0, mutex: nil)
                let plan = enter(step.name, common)
                let options = step.branchOptions
                let branches = enter(
                    step.name,
                    Common(
                        kind: .branches, base: step.name + "-branch", dependencies: [plan], retries: options.retries,
                        catches: options.catches, timeLimit: options.timeLimit, cores: options.cores,
                        memory: rounded(options.memory), mutex: nil))
                common.kind = .steps
                common.base = step.name
                common.dependencies = [branches]
            }
            tasks[step.name] = enter(step.name, common)
        }
        return groups
    }

    /// The name of the template's parameter for the step, if it has one.
    var isMany: Bool { common.kind == .branches || steps.count > 1 }

    /// `train` of `train[a]`, `trial@3` of `trial[a]@3`; the name itself if nothing is in brackets.
    private static func base(of step: String) -> String {
        guard let open = step.firstIndex(of: "["), let close = step.lastIndex(of: "]"), open < close else {
            return step
        }
        return String(step[..<open] + step[step.index(after: close)...])
    }

    /// In steps of 256 MiB, so that points that need about the same are one task.
    private static func rounded(_ memory: Int) -> Int { (memory + 0xFFF_FFFF) / 0x1000_0000 * 0x1000_0000 }

    static func plain(_ text: String) -> String {
        let signs = text.lowercased().map { sign -> Character in
            sign.isASCII && (sign.isLetter || sign.isNumber) ? sign : "-"
        }
        let words = String(signs).split(separator: "-").joined(separator: "-")
        return words.isEmpty ? "step" : String(words.prefix(50))
    }
}
