import Core
import Flow

/// One training: what it was given, what it reached, and how it got there.
struct Experiment: Sendable {
    /// The training as the flow tracked it.
    var trial: Trial
    /// What it reached, by name; on the validation window.
    var metrics: [String: Double]

    /// The run that computed it.
    var run: String { trial.run }
    /// The step, such as `train[dlrm]`.
    var step: String { trial.step }
    /// What stands for it in a form; a run's id holds no slash.
    var id: String { "\(trial.run)/\(trial.step)" }
    /// The kind of model.
    var model: String { trial.parameters["kind"]?.string ?? StepGraph.family(trial.step) }
    /// When it ended, in seconds since 1970.
    var ended: Double? { trial.started.flatMap { started in trial.seconds.map { started + $0 } } }
    /// How long it took, in seconds; nil while it runs.
    var seconds: Double? { trial.seconds }
    /// What was chosen, by name; without the kind of model and the counts of the dataset.
    var parameters: [String: JSONValue] {
        trial.parameters.filter { $0.key != "kind" && !$0.key.hasPrefix("dataset.") }
    }

    /// The point's name: `dlrm` of `train[dlrm]`; the step's own for a training of another kind, such as `final`.
    var label: String {
        guard step.hasPrefix("train["), step.hasSuffix("]") else { return step }
        return String(step.dropFirst(6).dropLast())
    }

    /// - Parameter goal: the metric that models are chosen by.
    init(_ trial: Trial, goal: String, chosen: [String: Double]) {
        self.trial = trial
        metrics = [:]
        for (name, series) in trial.metrics {
            if name.hasPrefix(Experiments.validation) {
                metrics["best \(name.dropFirst(Experiments.validation.count))"] = series.maximum
            } else if Experiments.isDrawn(name) {
                metrics["last \(name)"] = series.last
            } else {
                metrics[name] = series.last
            }
        }
        metrics["passes"] = trial.metrics["loss"].map { Double($0.count) }
        metrics["peak memory, MB"] = trial.use.map { Double($0.peakMemory) / 1e6 }
        metrics["processor seconds"] = trial.use?.cpuSeconds
        metrics.merge(chosen) { _, new in new }
        // A training of a run that did not come to its choice is judged by its own validation.
        if metrics[goal] == nil {
            let own =
                trial.metrics[Experiments.validation + goal]
                ?? trial.metrics.first { $0.key.hasPrefix("validation") }?.value
            metrics[goal] = own?.maximum
        }
        metrics = metrics.filter { !$0.value.isNaN }
    }
}

/// The trainings of a store.
struct Experiments: Sendable {
    /// What the names of metrics on the validation window begin with.
    static let validation = "validation/"
    /// As many are read, the newest.
    static let most = 2000

    /// The trainings, the newest first.
    var all: [Experiment]
    /// The metric that models are chosen by, such as `recall@12`; `validation` where no run says.
    var goal = "validation"

    /// Reads what the flow tracked of the newest trainings, and how their runs judged them.
    ///
    /// - Throws: `system` or `corrupted` if the store cannot be read.
    /// - Complexity: O(facts + series), whatever the series' lengths
    init(_ store: RunStore) throws {
        let trials = try store.trials(limit: Self.most)
        var chosen: [String: [String: [String: Double]]] = [:]
        for (step, result) in try store.results(ofStepsNamed: "select").reversed() where step.name == "select" {
            if let metric = step.parameters["select"]?.string { goal = metric }
            for point in result.value["points"]?.array ?? [] {
                chosen[result.run, default: [:]]["train[\(point["name"]?.string ?? "")]"] =
                    (point["metrics"]?.object ?? [:]).compactMapValues { ($0["value"] ?? $0).number }
            }
        }
        let goal = goal
        all = trials.map { Experiment($0, goal: goal, chosen: chosen[$0.run]?[$0.step] ?? [:]) }
    }

    /// Whether a metric is worth a curve beside others': not what the machine did.
    static func isDrawn(_ name: String) -> Bool { !name.hasPrefix("system/") && name != "samples-per-second" }

    /// The metrics of some trainings that have curves: those on the validation window first, then the loss.
    static func curves(of experiments: some Sequence<Experiment>) -> [String] {
        var names: Set<String> = []
        for experiment in experiments {
            for (name, series) in experiment.trial.metrics where series.count > 1 && isDrawn(name) {
                names.insert(name)
            }
        }
        func rank(_ name: String) -> Int { name.hasPrefix(validation) ? 0 : name == "loss" ? 1 : 2 }
        return names.sorted { (rank($0), $0) < (rank($1), $1) }
    }
}

extension Curve {
    /// Means over the places of the series.
    var points: [(x: Double, y: Double)] { zip(indices, means).map { (Double($0), $1) } }
}
