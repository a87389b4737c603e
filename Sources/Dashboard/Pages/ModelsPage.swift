import Core
import Evaluation
import Flow

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
        body += HTML(trusted: report.sections)
        if let tested = try store.result(run: run.id, step: "test")?.value, tested["tests"] != nil {
            body += BehaviourSections(report: tested, base: dashboard.base).html
        }
        if let map = try? await dashboard.facts.itemMap(run: run.id) { body += items(map) }
        return Page(title: "Models", section: .models, body: body)
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
