import Core
import Evaluation
import Flow
import Stores

/// How good the models of a run are, and how they see the items.
struct ModelsPage {
    let dashboard: Dashboard
    /// The run; nil: the newest that was evaluated.
    let run: String?

    init(_ dashboard: Dashboard, run: String?) {
        self.dashboard = dashboard
        self.run = run
    }

    func page() async throws -> Page {
        let store = dashboard.store
        let all = try store.runs()
        let candidates = try run.map { [try store.run($0)] } ?? all
        guard let run = try candidates.first(where: { try store.result(run: $0.id, step: "evaluate") != nil }),
            let result = try store.result(run: run.id, step: "evaluate")
        else {
            return Page(
                title: "Models", section: .models,
                body: "<p>No model has been judged yet: <code>martlet evaluate</code> does.</p>")
        }
        let report = try EvaluationReport(json: result.value)
        let how = report.protocol.prefix(1).uppercased() + report.protocol.dropFirst()
        var body: HTML = """
            <p>Of <a href="\(dashboard.base)/runs/\(run.id)">run \(run.id)</a>, \(Wording.moment(run.created)). \(how).</p>

            """
        body += try choice(all, chosen: run.id)
        if let published = try? await dashboard.facts.published().live {
            body += try live(published, against: report, of: run.id)
        }
        body += HTML(trusted: report.sections)
        if let tested = try store.result(run: run.id, step: "test")?.value, tested["tests"] != nil {
            body += BehaviourSections(report: tested, base: dashboard.base).html
        }
        if let map = try? await dashboard.facts.itemMap(run: run.id) { body += items(map) }
        return Page(title: "Models", section: .models, body: body)
    }

    /// The winner beside what is live, each as its own run judged it.
    private func live(
        _ published: PublishedVersion, against report: EvaluationReport, of run: String
    ) throws -> HTML {
        let (version, manifest) = (published.version, published.manifest)
        if manifest.modelVersion == run {
            return "<p>Version \(version), which is live, is of this run.</p>\n"
        }
        let judged = try? dashboard.store.result(run: manifest.modelVersion, step: "evaluate")
        let other = try judged.flatMap { try EvaluationReport(json: $0.value) }
        let metrics = report.models.first { $0.name == report.winner }?.metrics ?? [:]
        let theirs = other?.models.first { $0.name == manifest.model }?.metrics
        let rows = metrics.keys.sorted().compactMap { name -> [HTML]? in
            guard let ours = metrics[name], let live = theirs?[name]?.value ?? manifest.metrics[name] else {
                return nil
            }
            let change = live == 0 ? "" : " (\(signed((ours.value / live - 1) * 100, digits: 1)) %)"
            let told = theirs?[name].map { " (\(fixed($0.low)) to \(fixed($0.high)))" } ?? ""
            return [
                "\(name)", "\(fixed(live))\(told)", "\(fixed(ours.value)) (\(fixed(ours.low)) to \(fixed(ours.high)))",
                "\(signed(ours.value - live, digits: 4))\(change)",
            ]
        }
        guard !rows.isEmpty else { return "" }
        let isSame = other.map { $0.protocol == report.protocol } ?? false
        let how: HTML =
            isSame
            ? "Both were judged in the same way: \(report.protocol)."
            : "The two were not judged on the same users and days, so a difference may come from these."
        return Elements.section(
            "Against what is live",
            """
            \(Elements.table(
                "The winner of this run beside version \(version)",
                columns: [
                    "metric", "live: \(manifest.model), version \(version)", "this run: \(report.winner)", "difference",
                ], numbers: [1, 2, 3], rows: rows))
            <p class="small">Version \(version) is of <a href="\(dashboard.base)/runs/\(manifest.modelVersion)">run \
            \(manifest.modelVersion)</a>. \(how)</p>
            """)
    }

    private func choice(_ all: [RunRecord], chosen: String) throws -> HTML {
        let judged = try all.prefix(100).filter {
            try dashboard.store.result(run: $0.id, step: "evaluate") != nil
        }
        guard judged.count > 1 else { return "" }
        let options = judged.map { run -> HTML in
            let mark: HTML? = run.id == chosen ? " selected" : nil
            return "<option\(mark)>\(run.id)</option>"
        }
        return """
            <form method="get" action="\(dashboard.base)/models" class="fields"><label for="run">Run</label>
            <select id="run" name="run">\(options)</select><button>Show</button></form>

            """
    }

    private func items(_ map: ItemMap) -> HTML {
        // The most frequent stand first.
        let points = map.points.enumerated().map { place, point in
            ScatterPlot.Point(
                x: point.x, y: point.y, name: "\(point.item.title.isEmpty ? point.item.id : point.item.title)",
                group: point.group, radius: 2 + 5 * point.popularity.squareRoot(), isNamed: place < 14)
        }
        let share = Int((map.explained * 100).rounded())
        return Elements.section(
            "Items in two dimensions",
            Elements.figure(
                "How \(map.model) sees the items",
                "the vectors' first two principal components, which hold \(share) % of their variance; larger dots sell more",
                ScatterPlot(title: "How \(map.model) sees the items", groups: map.groups, points: points).html))
    }
}
