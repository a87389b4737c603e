import Core
import Flow

/// All trainings: searched, sorted, drawn.
struct ExperimentsPage {
    let dashboard: Dashboard
    let query: DashboardRequest.Fields
    /// As many rows are shown.
    private static let most = 200
    /// As many curves stand behind the best ones.
    private static let behind = 150

    init(_ dashboard: Dashboard, _ query: DashboardRequest.Fields) {
        self.dashboard = dashboard
        self.query = query
    }

    func page() throws -> Page {
        let experiments = try Experiments(dashboard.store)
        guard !experiments.all.isEmpty else {
            return Page(
                title: "Experiments", section: .experiments,
                body: "<p>Nothing has been trained yet: <code>martlet train</code> does.</p>")
        }
        let goal = experiments.goal
        let found = sorted(experiments.all.filter(matches), goal: goal)
        var body = search(experiments.all)
        body += """
            <p role="status">\(Wording.count(found.count, "training")) of \
            \(Wording.count(experiments.all.count)).</p>

            """
        body += parallel(found, goal: goal)
        body += try curves(found)
        body += table(found, goal: goal)
        return Page(title: "Experiments", section: .experiments, body: body)
    }

    // MARK: - Which

    private func matches(_ experiment: Experiment) -> Bool {
        if let model = query["model"], experiment.model != model { return false }
        if let run = query["run"], experiment.run != run { return false }
        guard let words = query["q"]?.lowercased() else { return true }
        let tags = experiment.trial.tags.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        let text = "\(experiment.id) \(experiment.model) \(JSONValue.object(experiment.parameters)) \(tags)"
            .lowercased()
        return words.split(separator: " ").allSatisfy { text.contains($0) }
    }

    private func sorted(_ experiments: [Experiment], goal: String) -> [Experiment] {
        let key = query["sort"] ?? "-\(goal)"
        let isDescending = key.hasPrefix("-")
        let name = isDescending ? String(key.dropFirst()) : key
        func value(_ experiment: Experiment) -> Double {
            let found: Double? =
                switch name {
                case "took": experiment.seconds
                case "ended": experiment.ended
                default: experiment.metrics[name] ?? experiment.parameters[name]?.number
                }
            return found ?? (isDescending ? -.infinity : .infinity)
        }
        if name == "step" {
            return experiments.sorted { isDescending ? $0.step > $1.step : $0.step < $1.step }
        }
        return experiments.enumerated().sorted {
            let (first, second) = (value($0.element), value($1.element))
            if first != second { return isDescending ? first > second : first < second }
            return $0.offset < $1.offset
        }.map(\.element)
    }

    // MARK: - What is shown

    private func search(_ all: [Experiment]) -> HTML {
        let models = Set(all.map(\.model)).sorted()
        let options = models.map { model -> HTML in
            let chosen: HTML? = model == query["model"] ? " selected" : nil
            return "<option\(chosen)>\(model)</option>"
        }
        let sort: HTML? = query["sort"].map { "<input type=\"hidden\" name=\"sort\" value=\"\($0)\">" }
        return """
            <form method="get" action="\(dashboard.base)/experiments" class="fields" role="search">
            <label for="q">Search</label>
            <input id="q" name="q" type="search" value="\(query["q"] ?? "")" placeholder="model, run, parameter">
            <label for="model">Model</label>
            <select id="model" name="model"><option value="">all</option>\(options)</select>
            \(sort)<button>Show</button>
            </form>

            """
    }

    /// Hyperparameters where one model's vary, else what all trainings have.
    private func parallel(_ shown: [Experiment], goal: String) -> HTML {
        let judged = shown.filter { $0.metrics[goal]?.isFinite ?? false }
        guard judged.count > 1 else { return "" }
        var dimensions: [ParallelCoordinates.Dimension] = []
        if Set(judged.map(\.model)).count == 1 {
            for name in Set(judged.flatMap(\.parameters.keys)).sorted() {
                let values = judged.map { Self.value($0.parameters[name]) }
                if Set(values).count > 1 { dimensions.append(.init(name: name, values: values)) }
            }
        } else {
            dimensions.append(.init(name: "model", values: judged.map { .word($0.model) }))
            dimensions.append(.init(name: "passes", values: judged.map { $0.metrics["passes"].map { .number($0) } }))
        }
        // An axis on which all stand at one place tells nothing.
        dimensions = Array(dimensions.filter { Set($0.values).count > 1 }.prefix(7))
        dimensions.append(.init(name: "seconds", values: judged.map { $0.seconds.map { .number($0) } }))
        dimensions.append(.init(name: goal, values: judged.map { $0.metrics[goal].map { .number($0) } }))
        let plot = ParallelCoordinates(names: judged.map { "\($0.label) of \($0.run)" }, dimensions: dimensions)
        return Elements.section(
            "Parameters and what they reached",
            Elements.figure(
                "One line a training", "the best by \(goal) stands out; choose one model to see its hyperparameters",
                plot.svg))
    }

    private static func value(_ value: JSONValue?) -> ParallelCoordinates.Value? {
        guard let value, value != .null else { return nil }
        if let number = value.number { return .number(number) }
        return .word(value.string ?? value.description)
    }

    /// The best in colours, the others behind them.
    private func curves(_ shown: [Experiment]) throws -> HTML {
        let drawn = shown.prefix(SeriesPlot.most + Self.behind)
        let runs = Set(drawn.map(\.run)).sorted()
        let figures = try Experiments.curves(of: drawn).prefix(4).compactMap { name -> HTML? in
            let curved = drawn.filter { ($0.trial.metrics[name]?.count ?? 0) > 1 }
            let curves = try dashboard.store.curves(named: name, runs: runs, points: 128)
            let byTrial = Dictionary(curves.map { ("\($0.series.run)/\($0.series.step)", $0) }) { first, _ in first }
            let isOneRun = Set(curved.prefix(SeriesPlot.most).map(\.run)).count == 1
            let series = curved.map { experiment in
                SeriesPlot.Series(
                    name: isOneRun ? experiment.label : "\(experiment.label) of \(experiment.run)",
                    points: byTrial[experiment.id]?.points ?? [])
            }
            var plot = SeriesPlot(title: name, horizontal: "pass", series: Array(series.prefix(SeriesPlot.most)))
            plot.behind = series.dropFirst(SeriesPlot.most).map(\.points)
            let note =
                plot.behind.isEmpty
                ? "" : "the first \(plot.series.count) below, and \(plot.behind.count) more behind them"
            return Elements.figure(name, note, plot.html)
        }
        return figures.isEmpty ? "" : Elements.section("Curves", "<div class=\"plots\">\(figures)</div>")
    }

    private func table(_ shown: [Experiment], goal: String) -> HTML {
        func head(_ title: String, _ key: String) -> HTML {
            let now = query["sort"] ?? "-\(goal)"
            let next = now == "-\(key)" ? key : "-\(key)"
            let arrow = now == "-\(key)" ? " ▼" : now == key ? " ▲" : ""
            let parts = [("q", query["q"]), ("model", query["model"]), ("run", query["run"]), ("sort", next)]
            let address = parts.compactMap { name, value in value.map { "\(name)=\(URLText.encoded($0))" } }
                .joined(separator: "&")
            return "<a href=\"\(dashboard.base)/experiments?\(address)\">\(title)\(arrow)</a>"
        }
        let rows = shown.prefix(Self.most).enumerated().map { number, experiment -> [HTML] in
            let label = "\(experiment.label) of run \(experiment.run)"
            return [
                """
                <a href="\(dashboard.base)/runs/\(experiment.run)/steps/\(URLText.encoded(experiment.step))">\
                \(experiment.label)</a>
                """,
                "\(experiment.model)", "\(experiment.metrics[goal].map { Wording.number($0) } ?? "–")",
                "\(experiment.metrics["passes"].map { Wording.number($0) } ?? "–")",
                "\(experiment.seconds.map(Wording.span) ?? "–")",
                experiment.ended.map(Wording.moment) ?? "–",
                "<a href=\"\(dashboard.base)/runs/\(experiment.run)\">\(experiment.run)</a>",
                """
                <label><input type="radio" name="a" value="\(experiment.id)" aria-label="First: \(label)"\
                \(number == 0 ? " checked" : "" as HTML)> A</label> \
                <label><input type="radio" name="b" value="\(experiment.id)" aria-label="Second: \(label)"\
                \(number == 1 ? " checked" : "" as HTML)> B</label>
                """,
            ]
        }
        let shownOf = shown.count > Self.most ? "; the first \(Self.most) are shown" : ""
        return Elements.section(
            "Trainings",
            """
            <form method="get" action="\(dashboard.base)/experiments/compare">
            \(Elements.table(
                "Headings sort; choose two to compare\(shownOf)",
                columns: [
                    head("training", "step"), "model", head(goal, goal), head("passes", "passes"), head("took", "took"),
                    head("ended", "ended"), "run", "compare",
                ], numbers: [2, 3, 4], rows: rows))
            <p><button>Compare A with B</button></p>
            </form>
            """)
    }
}
