import Core
import Flow

/// One training: what it was given, what it reached, and how it got there.
struct Experiment: Sendable {
    /// The number of the training's result.
    var id: Int64
    /// The run that computed it.
    var run: String
    /// The step, such as `train[dlrm]`.
    var step: String
    /// The kind of model.
    var model: String
    /// When it ended, in seconds since 1970.
    var ended: Double?
    /// How long it took, in seconds.
    var seconds: Double
    /// Hyperparameters by name.
    var parameters: [String: JSONValue]
    /// Metrics by name; on the validation window.
    var metrics: [String: Double]
    /// Curves by name, one point a pass.
    var curves: [String: [(x: Double, y: Double)]]

    /// The point's name: `dlrm` of `train[dlrm]`.
    var label: String {
        guard let open = step.firstIndex(of: "["), let close = step.lastIndex(of: "]"), open < close else {
            return step
        }
        return String(step[step.index(after: open)..<close])
    }

    init(_ step: StepRecord, _ result: StepResult) {
        id = result.id
        run = result.run
        self.step = result.step
        model = step.parameters["kind"]?.string ?? result.value["model"]?.string ?? StepGraph.family(step.name)
        ended = step.ended
        seconds = result.seconds
        parameters = step.parameters["hyperparameters"]?.object ?? step.parameters.object ?? [:]
        metrics = [:]
        curves = [:]
        for name in ["loss", "validation"] {
            let values = (result.value[name]?.array ?? []).map { $0.number ?? .nan }
            if !values.isEmpty { curves[name] = values.enumerated().map { (Double($0 + 1), $1) } }
        }
        for name in ["epochs", "bestEpoch", "peakMemoryBytes", "samplesPerSecond"] {
            metrics[name] = result.value[name]?.number
        }
    }
}

/// All trainings of a store.
struct Experiments: Sendable {
    /// The trainings, the newest first.
    var all: [Experiment]
    /// The metric that models are chosen by, such as `recall@12`; `validation` where no run says.
    var goal: String

    /// Reads the newest trainings.
    ///
    /// - Throws: `system` or `corrupted` if the store cannot be read.
    init(_ store: RunStore, limit: Int = 1000) throws {
        let found = try store.results(ofStepsNamed: "train[", limit: limit)
        all = found.map { Experiment($0.step, $0.result) }
        goal = "validation"
        var chosen: [String: [String: [String: Double]]] = [:]
        for run in Set(all.map(\.run)).sorted() {
            let step = try store.steps(run: run).first { $0.name == "select" }
            if let metric = step?.parameters["select"]?.string { goal = metric }
            let points = try store.result(run: run, step: "select")?.value["points"]?.array ?? []
            for point in points {
                chosen[run, default: [:]][point["name"]?.string ?? ""] =
                    (point["metrics"]?.object ?? [:]).compactMapValues { ($0["value"] ?? $0).number }
            }
        }
        for number in all.indices {
            let judged = chosen[all[number].run]?[all[number].label] ?? [:]
            all[number].metrics.merge(judged) { _, new in new }
            // A training of a run that did not come to its choice is judged by its own validation.
            if all[number].metrics[goal] == nil {
                all[number].metrics[goal] = all[number].curves["validation"]?.map(\.y).filter(\.isFinite).max()
            }
        }
    }
}
