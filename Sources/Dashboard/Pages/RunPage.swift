import Core
import Flow

/// One run: its graph, its timings, its steps, and how far it is.
struct RunPage {
    let dashboard: Dashboard
    let run: String

    init(_ dashboard: Dashboard, run: String) {
        self.dashboard = dashboard
        self.run = run
    }

    func page() throws -> Page {
        let run = try dashboard.store.run(run)
        let steps = try dashboard.store.steps(run: run.id)
        let now = dashboard.now
        let done = steps.filter(\.state.hasResult).count
        let isRunning = run.state == .running
        func link(_ step: StepRecord) -> String { Self.link(dashboard, step) }
        var body = Elements.headline(
            "The run",
            [
                ("State", Elements.state(run.state.rawValue), nil),
                ("Began", "\(Wording.ago(run.created, now: now))", Wording.moment(run.created)),
                (isRunning ? "Runs for" : "Took", "\(Wording.span((run.ended ?? now) - run.created))", nil),
                (
                    "Steps done", "\(done) of \(steps.count)",
                    "<progress value=\"\(done)\" max=\"\(max(1, steps.count))\" aria-label=\"Steps done\"></progress>"
                ),
            ])
        if let message = run.message { body += "<p class=\"fault\">\(message)</p>" }
        if isRunning {
            let working = steps.filter { $0.state == .running }.map(\.name).joined(separator: ", ")
            body += """
                <p role="status">\(done) of \(steps.count) steps are done\(working.isEmpty ? "" : "; at work: \(working)"). \
                This page follows the run.</p>
                """
        }
        body += Elements.section(
            "Steps",
            Elements.figure(
                "What depends on what",
                "edges that follow from others are left out; a box of several steps stands for "
                    + "one fan-out", StepGraph(steps).svg(link: link)))
        body += Elements.section(
            "Timings",
            Elements.figure(
                "When each step worked", "a step that was taken from an earlier run has no length",
                Timeline(run: run, steps: steps, now: now).svg(link: link)))
        body += Elements.section("All steps", "<div id=\"steps\">\(table(steps, link: link))</div>")
        if let figures = try MetricFigures.html(dashboard.store, run: run.id) {
            body += Elements.section("Metrics", figures)
        }
        body += Elements.section(
            "Parameters",
            Elements.details("The project file as this run read it", id: "file", "<pre>\(run.parameters.pretty)</pre>"))
        return Page(title: "Run \(run.id)", section: .runs, body: body, isLive: isRunning)
    }

    /// Where a step's page is.
    static func link(_ dashboard: Dashboard, _ step: StepRecord) -> String {
        "\(dashboard.base)/runs/\(step.run)/steps/\(URLText.encoded(step.name))"
    }

    private func table(_ steps: [StepRecord], link: (StepRecord) -> String) -> HTML {
        let rows = steps.map { step -> [HTML] in
            [
                "<a href=\"\(link(step))\">\(step.name)</a>", Elements.state(step.state.rawValue),
                "\(step.seconds.map(Wording.span) ?? "–")", "\(step.attempts)",
                "\(Wording.short(step.dependencies.joined(separator: ", "), 60))",
                "\(Wording.short(step.message ?? "", 90))",
            ]
        }
        return Elements.table(
            "The steps in an order in which they can run",
            columns: ["step", "state", "took", "attempts", "depends on", "message"], numbers: [2, 3], rows: rows)
    }

}

/// Logged series as plots.
enum MetricFigures {
    /// One plot for each metric, one curve for each step; nil if nothing was logged.
    ///
    /// - Throws: `system` or `corrupted` if the store cannot be read.
    static func html(_ store: RunStore, run: String, step: String? = nil) throws -> HTML? {
        let names = Set(try store.series(run: run, step: step).map(\.name)).sorted()
        guard !names.isEmpty else { return nil }
        let figures = try names.map { name -> HTML in
            let series = try store.curves(named: name, runs: [run], step: step).map {
                SeriesPlot.Series(name: $0.series.step, points: $0.points)
            }
            let more = series.count > SeriesPlot.most ? "the first \(SeriesPlot.most) of \(series.count) steps" : ""
            return Elements.figure(name, more, SeriesPlot(title: name, horizontal: "step", series: series).html)
        }
        return "<div class=\"plots\">\(figures)</div>"
    }
}
