import ArgumentParser
import Core
import Flow

/// `martlet runs compare`
struct RunsCompare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Compare trainings: what was chosen, and what came of it.",
        discussion: """
            A line for each training. Conditions name a parameter, a metric (its last value; max(NAME) and min(NAME) its
            best), a version (data, code, commit), something of the machine, tag.NAME, run, step, state or seconds.

            Example: martlet runs compare
                     martlet runs compare --where 'kind=mf' --where 'learning-rate>=0.01' --sort 'max(validation/recall@12)'
                     martlet runs compare ab12 cd34 --show learning-rate --show 'min(loss)'
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Runs' ids (default: all runs).")
    var runs: [String] = []

    @Option(name: .customLong("where"), help: "A condition, such as 'epochs>=5'; all that are given must hold.")
    var conditions: [String] = []

    @Option(help: "Sort by this, the greatest first.")
    var sort: String?

    @Option(help: "Show this; may be given several times (default: what differs, and each metric).")
    var show: [String] = []

    @Option(help: "How many lines at most.")
    var limit = 50

    func run() async throws {
        let store = try Runs.store(project)
        let ids = try runs.isEmpty ? nil : runs.map { try store.run($0).id }
        var trials = try store.trials(matching: TrialFilter(parsing: conditions), runs: ids)
        if let sort {
            trials.sort { a, b in
                (a.value(of: sort)?.number ?? -.infinity) > (b.value(of: sort)?.number ?? -.infinity)
            }
        }
        trials = Array(trials.prefix(max(1, limit)))
        let columns = show.isEmpty ? Self.columns(of: trials) : show
        let rows = trials.map { trial in
            [trial.run, trial.step] + columns.map { Self.text(trial.value(of: $0)) }
        }
        output.finish(
            trials.isEmpty ? "no training is like that\n" : Runs.table([["run", "step"] + columns] + rows),
            json: ["trials": .array(trials.map(Self.json))])
    }

    /// The kind, parameters that differ among models of one kind, and the best of each metric.
    private static func columns(of trials: [Trial]) -> [String] {
        let kinds = Dictionary(grouping: trials) { $0.parameters["kind"] }.values
        let parameters = Set(trials.flatMap(\.parameters.keys)).sorted().filter { name in
            name != "kind" && !name.hasPrefix("dataset.")
                && kinds.contains { Set($0.map { $0.parameters[name] }).count > 1 }
        }
        let names = Set(trials.flatMap(\.metrics.keys)).filter {
            !$0.hasPrefix("system/") && $0 != "samples-per-second"
        }
        let metrics = names.sorted().map {
            $0 == "loss" ? "min(loss)" : $0.hasPrefix("validation/") ? "max(\($0))" : $0
        }
        return (kinds.count > 1 ? ["kind"] : []) + parameters + metrics
    }

    private static func text(_ value: JSONValue?) -> String {
        guard let value else { return "–" }
        return value.string ?? value.number.map(Runs.short) ?? value.description
    }

    private static func json(_ trial: Trial) -> JSONValue {
        [
            "run": .string(trial.run), "step": .string(trial.step), "state": .string(trial.state.rawValue),
            "seconds": trial.seconds.map { .number($0) } ?? .null, "parameters": .object(trial.parameters),
            "environment": .object(trial.environment), "versions": .object(trial.versions),
            "metrics": .object(trial.metrics.mapValues(RunsMetrics.json)),
            "tags": .object(trial.tags.mapValues { .string($0) }),
        ]
    }
}
