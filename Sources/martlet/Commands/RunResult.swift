import Core
import Evaluation
import Flow
import Pipeline
import Project

/// What a run left, for people and for machines.
struct RunResult {
    let runner: ShopRunner
    let run: String
    let last: StepName
    let steps: [StepRecord]

    init(runner: ShopRunner, run: String, last: StepName) throws {
        self.runner = runner
        self.run = run
        self.last = last
        steps = try runner.store.steps(run: run)
    }

    private func value(_ step: String) -> JSONValue? { (try? runner.store.result(run: run, step: step))?.value }

    /// The name of the model that won on validation.
    var winner: String { value("select")?["winner"]?.string ?? "" }

    /// A metric on the test window by model, in the project's order.
    func metrics(_ name: String) -> [(name: String, recall: Double)] {
        (value("evaluate")?["models"]?.array ?? []).compactMap { model in
            guard let model = model.object, let found = model["metrics"]?[name]?["value"]?.number else { return nil }
            return (model["name"]?.string ?? "", found)
        }
    }

    /// The id of a user with a list: the one with the most purchases.
    func firstUser() throws -> String { try RecommendedLists(runner: runner, run: run).firstUser }

    /// The tables of the run's report, and where things lie.
    func text(isColored: Bool) -> String {
        var lines: [String] = []
        if let evaluation = value("evaluate"), let report = try? EvaluationReport(json: evaluation) {
            lines.append("")
            lines.append(report.terminalTable(color: isColored))
            if let page = try? runner.store.path(run: run, step: "evaluate", artifact: "report.html") {
                lines.append("report: \(page)")
            }
        } else if last == .train || last == .select {
            for step in steps where step.name.hasPrefix("train[") {
                guard let training = value(step.name) else { continue }
                lines.append(trainingLine(step.name, training))
            }
        } else if let counts = value("features") {
            lines.append("dataset: \(counts)")
        } else if let tables = value("transform")?["tables"]?.object {
            lines += tables.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value) rows" }
        } else if let sources = value("load")?["sources"]?.object {
            lines += sources.sorted { $0.key < $1.key }.map { name, source in
                "\(name): \(source["rows"]?.description ?? "0") rows, \(source["rejected"]?.description ?? "0") rejected"
            }
        }
        if let tests = value("test"), let report = try? BehaviourReport(json: tests) {
            let page = (try? runner.store.path(run: run, step: "test", artifact: "tests.html")) ?? ""
            lines.append("tests: \(report.summary); \(page)")
        }
        if let published = value("publish") {
            lines.append(
                "published: version \(published["version"]?.description ?? ""), \(published["lists"]?.description ?? "") lists"
            )
            if let index = value("bundle")?["index"].flatMap(IndexSummary.init) { lines.append("index: \(index.text)") }
        }
        lines.append("run: \(run)")
        return lines.joined(separator: "\n") + "\n"
    }

    private func trainingLine(_ step: String, _ training: JSONValue) -> String {
        let validation = training["validation"]?.array?.compactMap(\.number).max()
        let metric = training["validationMetric"]?.string ?? "validation"
        let seconds = training["seconds"]?.number ?? 0
        return "\(step): \(validation.map { "\(metric) \(rounded($0))  " } ?? "")\(TerminalProgress.time(seconds))"
    }

    private func rounded(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }

    /// `{"run":…,"models":[{"name":…,"metrics":{…}}],"published":{"version":…,"lists":…}}`
    func json(lists: JSONValue?) -> JSONValue {
        var members: [String: JSONValue] = ["run": .string(run)]
        let models = value("evaluate")?["models"]?.array ?? []
        members["models"] = .array(
            models.map { model in
                let metrics = model["metrics"]?.object ?? [:]
                return [
                    "name": model["name"] ?? .null,
                    "metrics": .object(metrics.mapValues { $0["value"] ?? $0 }),
                ]
            })
        members["winner"] = value("select")?["winner"]
        members["published"] =
            value("publish").map { published in
                ["version": published["version"] ?? .null, "lists": published["lists"] ?? .null]
            } ?? .null
        members["index"] = value("bundle")?["index"]
        if let tests = value("test") { members["passes"] = tests["passes"] }
        for step in ["load", "transform", "features"] {
            if let value = value(step) { members[step] = value }
        }
        members["lists"] = lists
        return .object(members)
    }
}
