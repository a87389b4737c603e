import Core
import Evaluation
import Flow

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
        let store = dashboard.store
        let figures = try Experiments.curves(of: [first, second]).compactMap { name -> HTML? in
            let series = try [(names.first, first), (names.second, second)].compactMap { whose, experiment in
                try store.curves(named: name, runs: [experiment.run], step: experiment.step).first
                    .map { SeriesPlot.Series(name: whose, points: $0.points) }
            }
            guard !series.isEmpty else { return nil }
            return Elements.figure(
                name, "a point a pass, or the mean of some",
                SeriesPlot(title: name, horizontal: "pass", series: series).html)
        }
        if !figures.isEmpty { body += Elements.section("Curves", "<div class=\"plots\">\(figures)</div>") }
        body += Elements.section("Metrics", metrics(first, second, names))
        body += Elements.section(
            "Parameters", differences("parameter", first.parameters, second.parameters, names, id: "same"))
        let made = [first, second].map { $0.trial.versions.merging($0.trial.environment) { version, _ in version } }
        body += Elements.section(
            "Made of, and where", differences("fact", made[0], made[1], names, id: "same-facts"))
        return Page(title: "\(first.label) against \(second.label)", section: .experiments, body: body)
    }

    private func found(_ name: String, _ experiments: Experiments) throws -> Experiment {
        guard let text = query[name] else {
            throw MartletError(
                .notFound, "no training is named as '\(name)'", hint: "choose A and B in the table of experiments")
        }
        if let experiment = experiments.all.first(where: { $0.id == text }) { return experiment }
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

    private func differences(
        _ noun: String, _ first: [String: JSONValue], _ second: [String: JSONValue],
        _ names: (first: String, second: String), id: String
    ) -> HTML {
        func text(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.description } ?? "–" }
        let keys = Set(first.keys).union(second.keys).sorted()
        let (different, same) = (keys.filter { first[$0] != second[$0] }, keys.filter { first[$0] == second[$0] })
        func rows(_ keys: [String]) -> [[HTML]] {
            keys.map { ["\($0)", "\(text(first[$0]))", "\(text(second[$0]))"] }
        }
        let columns: [HTML] = ["\(noun)", "\(names.first)", "\(names.second)"]
        let equal: HTML? =
            same.isEmpty
            ? nil
            : Elements.details(
                "\(Wording.count(same.count, noun)) that do not differ", id: id,
                Elements.table("What is equal", columns: columns, rows: rows(same)))
        return """
            \(Elements.table("What differs", columns: columns, rows: rows(different), empty: "No \(noun) differs."))
            \(equal)
            """
    }
}
