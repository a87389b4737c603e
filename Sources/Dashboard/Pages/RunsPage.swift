import Flow

/// All runs.
struct RunsPage {
    let dashboard: Dashboard
    /// As many runs stand on one page.
    static let most = 50

    init(_ dashboard: Dashboard) { self.dashboard = dashboard }

    /// - Parameter before: the run after which the page begins.
    func page(before: String?) throws -> Page {
        let all = try dashboard.store.runs()
        let rest = before.flatMap { id in all.firstIndex { $0.id == id }.map { all[($0 + 1)...] } } ?? all[...]
        let shown = rest.prefix(Self.most)
        let now = dashboard.now
        let rows = try shown.map { run -> [HTML] in
            let steps = try dashboard.store.steps(run: run.id)
            let done = steps.filter(\.state.hasResult).count
            return [
                "<a href=\"\(dashboard.base)/runs/\(run.id)\">\(run.id)</a>", Elements.state(run.state.rawValue),
                Wording.moment(run.created), "\(Wording.span((run.ended ?? now) - run.created))",
                "\(done) of \(steps.count)", "\(Wording.short(run.message ?? "", 90))",
            ]
        }
        var body: HTML = ""
        if all.isEmpty {
            body = "<p>Nothing has been run yet: <code>martlet run</code> makes the first run.</p>"
        } else {
            let took = shown.reversed().compactMap { run in run.seconds.map { (run.id, $0) } }
            if took.count > 1 {
                let bars = took.suffix(12).map { (label: $0.0, value: $0.1, shown: Wording.span($0.1)) }
                body +=
                    "<div class=\"plots\">\(Elements.figure("How long the last runs took", "", BarPlot(title: "How long the last runs took", bars: bars).svg))</div>"
            }
            body += Elements.table(
                "\(Wording.count(all.count, "run")), the newest first",
                columns: ["run", "state", "began", "took", "steps done", "what went wrong"], numbers: [3, 4], rows: rows
            )
            if let last = shown.last, rest.count > shown.count {
                body += "<p><a href=\"\(dashboard.base)/runs?before=\(last.id)\">Older runs</a></p>"
            }
        }
        return Page(title: "Runs", section: .runs, body: body, isLive: all.contains { $0.state == .running })
    }
}
