import ArgumentParser
import Core
import Flow

/// `martlet runs diff`
struct RunsDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what differs between two runs: configuration, steps, artifacts, metrics.",
        discussion: "Example: martlet runs diff ab12 cd34")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The earlier run.")
    var first: String

    @Argument(help: "The later run.")
    var second: String

    func run() async throws {
        let store = try Runs.store(project)
        let difference = try RunDifference(store, store.run(first), store.run(second))
        var rows: [[String]] = []
        for change in difference.changes { rows.append([change.what, change.name, change.before, "→", change.after]) }
        output.finish(
            rows.isEmpty ? "the runs do not differ\n" : Runs.table(rows),
            json: [
                "differences": .array(
                    difference.changes.map {
                        [
                            "what": .string($0.what), "name": .string($0.name), "before": .string($0.before),
                            "after": .string($0.after),
                        ]
                    })
            ])
    }
}

/// What differs between two runs.
struct RunDifference {
    struct Change {
        var what: String
        var name: String
        var before: String
        var after: String
    }

    private(set) var changes: [Change] = []

    init(_ store: RunStore, _ first: RunRecord, _ second: RunRecord) throws {
        add("configuration", [first, second].map { Self.leaves($0.parameters) })
        add("state", [["run": first.state.rawValue], ["run": second.state.rawValue]])
        let steps = try [first, second].map { run in try store.steps(run: run.id) }
        add(
            "step",
            steps.map {
                Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.state.hasResult ? "done" : $0.state.rawValue) })
            })
        var artifacts: [[String: String]] = [[:], [:]]
        for (side, run) in [first, second].enumerated() {
            for step in steps[side] {
                guard let result = try store.result(run: run.id, step: step.name) else { continue }
                for artifact in result.artifacts.values {
                    artifacts[side]["\(step.name)/\(artifact.name)"] = artifact.digest.short
                }
            }
        }
        add("artifact", artifacts)
        let trials = try [first, second].map { try store.trials(runs: [$0.id]) }
        add(
            "metric",
            trials.map { trials in
                let values = trials.flatMap { trial in
                    trial.metrics.filter { !$0.key.hasPrefix("system/") && $0.key != "samples-per-second" }
                        .map { ("\(trial.step) \($0.key)", Runs.short($0.value.last)) }
                }
                return Dictionary(values) { _, last in last }
            })
    }

    private mutating func add(_ what: String, _ sides: [[String: String]]) {
        for name in Set(sides[0].keys).union(sides[1].keys).sorted() where sides[0][name] != sides[1][name] {
            changes.append(
                Change(what: what, name: name, before: sides[0][name] ?? "–", after: sides[1][name] ?? "–"))
        }
    }

    /// `models.mf.epochs: 3` for each leaf of a document.
    private static func leaves(_ value: JSONValue, path: String = "") -> [String: String] {
        guard let members = value.object, !members.isEmpty else { return [path: value.string ?? value.description] }
        var all: [String: String] = [:]
        for (name, member) in members {
            all.merge(leaves(member, path: path.isEmpty ? name : "\(path).\(name)")) { _, last in last }
        }
        return all
    }
}
