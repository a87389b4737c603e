import Core
import Evaluation

/// What the behaviour tests and the protocol's linter said of a run's winner, from the value of the step `test`.
struct BehaviourSections {
    let report: JSONValue
    let base: String

    /// The verdict, the findings, the tests, and the slices drawn.
    var html: HTML {
        let tests = report["tests"]?.array ?? []
        let findings = report["findings"]?.array ?? []
        let failed = tests.filter { $0["state"]?.string == "failed" }.count
        let blockers = findings.filter { $0["severity"]?.string == "stop" }.count
        let passed = tests.filter { $0["state"]?.string == "passed" }.count
        var html = Elements.headline(
            "Behaviour tests",
            [
                (
                    "Behaviour of \(report["model"]?.string ?? "")",
                    Elements.state(failed + blockers == 0 ? "passed" : "failed"), nil
                ),
                ("Tests passed", "\(passed) of \(tests.count)", "\(failed) failed"),
                ("Protocol findings", "\(findings.count)", "\(blockers) stop publishing"),
            ])
        html += Elements.section(
            "Behaviour tests",
            Elements.table(
                "A test fails where the value surely misses its threshold",
                columns: ["test", "outcome", "value", "threshold", "what it is"], numbers: [2, 3], rows: tests.map(row))
        )
        if !findings.isEmpty {
            html += Elements.section(
                "Protocol",
                Elements.table(
                    "What the linter found",
                    columns: ["rule", "severity", "where", "what was found", "one way to mend it"],
                    rows: findings.map { finding in
                        [
                            text(finding["rule"]),
                            Elements.state(finding["severity"]?.string == "stop" ? "error" : "warn"),
                            text(finding["place"]), text(finding["message"]), text(finding["hint"]),
                        ]
                    }))
        }
        return html + slices
    }

    private func text(_ value: JSONValue?) -> HTML { "\(value?.string ?? "")" }

    private func row(_ test: JSONValue) -> [HTML] {
        let bound = test["bound"]?.string == "max" ? "≤" : "≥"
        let slice = test["slice"]?.string.map { "slice \($0): " } ?? ""
        let users = (test["examples"]?.array ?? []).compactMap(\.string).map { user -> HTML in
            "<a href=\"\(base)/shoppers?user=\(URLText.encoded(user))\">\(user)</a> "
        }
        let examples: HTML? = users.isEmpty ? nil : "<br><small>for example \(users)</small>"
        return [
            text(test["test"]), Elements.state(test["state"]?.string ?? "unknown"),
            "\(test["value"]?.number.map(Wording.number) ?? "–")",
            "\(test["threshold"]?.number.map { "\(bound) \(Wording.number($0))" } ?? "–")",
            "\(slice)\(test["message"]?.string ?? "")\(examples)",
        ]
    }

    /// One drawing for each way of slicing.
    private var slices: HTML {
        let metric = report["metric"]?.string ?? ""
        var order: [String] = []
        var groups: [String: [ModelEvaluation]] = [:]
        for slice in report["slices"]?.array ?? [] {
            guard let name = slice["slicing"]?.string, let label = slice["slice"]?.string,
                let value = slice["value"]?["value"]?.number, let low = slice["value"]?["low"]?.number,
                let high = slice["value"]?["high"]?.number
            else { continue }
            if groups[name] == nil { order.append(name) }
            let count = slice["count"]?.integer ?? 0
            groups[name, default: []].append(
                ModelEvaluation(
                    name: "\(label) (\(Wording.count(count)))",
                    metrics: [metric: Interval(value: value, low: max(0, low), high: high)], users: count))
        }
        guard !order.isEmpty else { return "" }
        let figures = order.map { name -> HTML in
            let plot = IntervalPlot(metric: metric, models: groups[name] ?? [], winner: "")
            return Elements.figure("By \(name)", "how many are in each stands in brackets", HTML(trusted: plot.svg))
        }
        return Elements.section("\(metric) by slice", "<div class=\"plots\">\(figures)</div>")
    }
}
