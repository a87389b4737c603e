import Core
import Flow
import FoundationEssentials

/// One step of a run: what it was given, what it left, what it said.
struct StepPage {
    let dashboard: Dashboard
    let run: String
    let step: String

    /// As many bytes of a log are shown, from its end.
    private static let logBytes = 64 * 1024

    init(_ dashboard: Dashboard, run: String, step: String) {
        self.dashboard = dashboard
        self.run = run
        self.step = step
    }

    func page() throws -> Page {
        let store = dashboard.store
        let run = try store.run(run)
        let steps = try store.steps(run: run.id)
        guard let record = steps.first(where: { $0.name == step }) else {
            throw MartletError(
                .notFound, "run \(run.id) has no step '\(step)'",
                hint: nearest(to: step, among: steps.map(\.name)).map { "did you mean '\($0)'?" })
        }
        let result = try store.result(run: run.id, step: step)
        var facts: [(label: String, value: HTML, note: HTML?)] = [
            ("State", Elements.state(record.state.rawValue), record.message.map { "\(Wording.short($0, 120))" }),
            (
                "Took", "\(record.seconds.map(Wording.span) ?? "–")",
                record.started.map { "began \(Wording.moment($0))" }
            ),
            ("Attempts", "\(record.attempts)", nil),
        ]
        if let result, result.run != run.id {
            facts.append(
                (
                    "Computed by", "<a href=\"\(dashboard.base)/runs/\(result.run)\">\(result.run)</a>",
                    "in \(Wording.span(result.seconds))"
                ))
        }
        var body: HTML = "<p>Of <a href=\"\(dashboard.base)/runs/\(run.id)\">run \(run.id)</a>.</p>"
        body += Elements.headline("The step", facts)
        if record.state == .failed, let message = record.message { body += "<pre class=\"fault\">\(message)</pre>" }
        body += dependencies(record, steps)
        body += curves(result)
        if let figures = try MetricFigures.html(store, run: run.id, step: step) {
            body += Elements.section("Metrics", figures)
        }
        body += artifacts(result)
        if let result, result.value != .null {
            body += Elements.section(
                "Value",
                Elements.details("What the step left for others", id: "value", "<pre>\(result.value.pretty)</pre>"))
        }
        body += Elements.section(
            "Parameters",
            Elements.details(
                "What its key is made of", id: "parameters",
                "<pre>\(record.parameters.pretty)</pre>\(record.key.map { "<p class=\"small\">key <code>\($0)</code></p>" as HTML })"
            ))
        body += log(run.id)
        return Page(title: step, section: .runs, body: body, isLive: record.state == .running && run.state == .running)
    }

    private func dependencies(_ record: StepRecord, _ steps: [StepRecord]) -> HTML {
        func list(_ steps: [StepRecord]) -> HTML {
            let links = steps.map { step -> HTML in
                "<li><a href=\"\(RunPage.link(dashboard, step))\">\(step.name)</a> \(Elements.state(step.state.rawValue))</li>"
            }
            return steps.isEmpty ? "<p class=\"small\">Nothing.</p>" : "<ul class=\"chips\">\(links)</ul>"
        }
        let after = steps.filter { $0.dependencies.contains(record.name) }
        return Elements.section(
            "Before and after",
            """
            <h3>Depends on</h3>\(list(steps.filter { record.dependencies.contains($0.name) }))
            <h3>Needed by</h3>\(list(after))
            """)
    }

    private func curves(_ result: StepResult?) -> HTML {
        guard let result else { return "" }
        let figures = ["loss", "validation"].compactMap { name -> HTML? in
            let values = (result.value[name]?.array ?? []).map { $0.number ?? .nan }
            guard values.count > 1 else { return nil }
            let points = values.enumerated().map { (x: Double($0 + 1), y: $1) }
            let plot = SeriesPlot(title: name, horizontal: "pass", series: [.init(name: name, points: points)])
            return Elements.figure(name, "one point a pass over the data", plot.html)
        }
        return figures.isEmpty ? "" : Elements.section("Training", "<div class=\"plots\">\(figures)</div>")
    }

    private func artifacts(_ result: StepResult?) -> HTML {
        guard let result, !result.artifacts.isEmpty else { return "" }
        let rows = result.artifacts.values.sorted { $0.name < $1.name }.map { artifact -> [HTML] in
            let path = (try? dashboard.store.artifacts.path(of: artifact)) ?? "damaged or gone"
            return [
                "\(artifact.name)", "\(artifact.kind.rawValue)", "\(Wording.bytes(artifact.size))",
                "<code>\(artifact.digest.hex.prefix(16) + "…")</code>", "<code>\(path)</code>",
            ]
        }
        return Elements.section(
            "Artifacts",
            Elements.table(
                "What the step left in the store", columns: ["name", "kind", "size", "SHA-256", "path"], numbers: [2],
                rows: rows))
    }

    private func log(_ run: String) -> HTML {
        guard let bytes = Self.tail(dashboard.store.logPath(run: run, step: step)), !bytes.isEmpty else { return "" }
        return Elements.section(
            "Log",
            """
            <div class="scroll log" tabindex="0" role="region" aria-label="Log"><pre>\
            \(String(decoding: bytes, as: UTF8.self))</pre></div>
            """)
    }

    private static func tail(_ path: String) -> Data? {
        guard let file = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else { return nil }
        return Data(file.suffix(logBytes))
    }
}
