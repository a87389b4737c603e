import Core
import Evaluation

/// Two trainings side by side.
struct ExperimentComparison {
    let dashboard: Dashboard
    let query: DashboardRequest.Fields

    init(_ dashboard: Dashboard, _ query: DashboardRequest.Fields) {
        self.dashboard = dashboard
        self.query = query
    }

    func page() throws -> Page {
        let experiments = try Experiments(dashboard.store)
        let (first, second) = (try found("a", experiments), try found("b", experiments))
        let names = (first: "A: \(first.label)", second: "B: \(second.label)")
        var body: HTML = """
            <p>A is <a href="\(dashboard.base)/runs/\(first.run)/steps/\(URLText.encoded(first.step))">\(first.label)</a> of \
            run <a href="\(dashboard.base)/runs/\(first.run)">\(first.run)</a>, B is \
            <a href="\(dashboard.base)/runs/\(second.run)/steps/\(URLText.encoded(second.step))">\(second.label)</a> of run \
            <a href="\(dashboard.base)/runs/\(second.run)">\(second.run)</a>.</p>

            """
        let figures = [("validation", "\(experiments.goal) on validation"), ("loss", "Loss")].compactMap {
            name, title -> HTML? in
            let series = [(names.first, first), (names.second, second)].compactMap { whose, experiment in
                experiment.curves[name].map { SeriesPlot.Series(name: whose, points: $0) }
            }
            guard !series.isEmpty else { return nil }
            return Elements.figure(
                title, "one point a pass", SeriesPlot(title: title, horizontal: "pass", series: series).html)
        }
        if !figures.isEmpty { body += Elements.section("Curves", "<div class=\"plots\">\(figures)</div>") }
        body += Elements.section("Metrics", metrics(first, second, names))
        body += Elements.section("Parameters", parameters(first, second, names))
        return Page(title: "\(first.label) against \(second.label)", section: .experiments, body: body)
    }

    private func found(_ name: String, _ experiments: Experiments) throws -> Experiment {
        guard let text = query[name] else {
            throw MartletError(
                .notFound, "no training is named as '\(name)'", hint: "choose A and B in the table of experiments")
        }
        if let experiment = experiments.all.first(where: { String($0.id) == text }) { return experiment }
        throw MartletError(
            .notFound, "there is no training '\(text)'", hint: "choose A and B in the table of experiments")
    }

    private func metrics(_ first: Experiment, _ second: Experiment, _ names: (first: String, second: String)) -> HTML {
        var (ours, theirs) = (first.metrics, second.metrics)
        (ours["seconds"], theirs["seconds"]) = (first.seconds, second.seconds)
        let rows = Set(ours.keys).union(theirs.keys).sorted().map { name -> [HTML] in
            var difference = "–"
            if let a = ours[name], let b = theirs[name] {
                difference = signed(b - a, digits: abs(b - a) >= 100 ? 0 : 4)
                if a != 0 { difference += " (\(signed((b / a - 1) * 100, digits: 1)) %)" }
            }
            return [
                "\(name)", "\(ours[name].map(Wording.number) ?? "–")", "\(theirs[name].map(Wording.number) ?? "–")",
                "\(difference)",
            ]
        }
        return Elements.table(
            "What each reached", columns: ["metric", "\(names.first)", "\(names.second)", "B − A"], numbers: [1, 2, 3],
            rows: rows)
    }

    private func parameters(
        _ first: Experiment, _ second: Experiment, _ names: (first: String, second: String)
    ) -> HTML {
        func text(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.description } ?? "–" }
        let keys = Set(first.parameters.keys).union(second.parameters.keys).sorted()
        let (different, same) = (
            keys.filter { first.parameters[$0] != second.parameters[$0] },
            keys.filter { first.parameters[$0] == second.parameters[$0] }
        )
        func rows(_ keys: [String]) -> [[HTML]] {
            keys.map { ["\($0)", "\(text(first.parameters[$0]))", "\(text(second.parameters[$0]))"] }
        }
        let columns: [HTML] = ["parameter", "\(names.first)", "\(names.second)"]
        let equal: HTML? =
            same.isEmpty
            ? nil
            : Elements.details(
                "\(Wording.count(same.count, "parameter")) that do not differ", id: "same",
                Elements.table("What is equal", columns: columns, rows: rows(same)))
        return """
            \(Elements.table("What differs", columns: columns, rows: rows(different), empty: "No parameter differs."))
            \(equal)
            """
    }
}
