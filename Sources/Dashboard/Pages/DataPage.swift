import Core
import Flow

/// A run's data: tables and what they are made of, tests, rejected rows, how fresh it is.
struct DataPage {
    let dashboard: Dashboard
    /// The run; nil: the newest that loaded anything.
    let run: String?

    init(_ dashboard: Dashboard, run: String?) {
        self.dashboard = dashboard
        self.run = run
    }

    func page() throws -> Page {
        let store = dashboard.store
        let runs = try run.map { [try store.run($0)] } ?? store.runs()
        guard let run = try runs.first(where: { try store.result(run: $0.id, step: "load") != nil }),
            let loaded = try store.result(run: run.id, step: "load")
        else {
            return Page(
                title: "Data", section: .data,
                body: "<p>Nothing has been loaded yet: <code>martlet load</code> reads the project's files.</p>")
        }
        let transformed = try store.result(run: run.id, step: "transform")
        let facts = transformed?.artifacts["facts.json"].flatMap { artifact in
            (try? store.artifacts.path(of: artifact)).flatMap(DataFacts.init(reading:))
        }
        var body: HTML = """
            <p>As <a href="\(dashboard.base)/runs/\(run.id)">run \(run.id)</a> found it, \
            \(Wording.moment(run.created)).</p>

            """
        body += headline(loaded.value, transformed?.value, facts)
        if let facts { body += lineage(facts) }
        body += windows(run)
        body += tables(transformed?.value, facts)
        body += tests(facts, isBuilt: transformed != nil)
        body += sources(loaded.value)
        body += freshness(facts)
        return Page(title: "Data", section: .data, body: body, isLive: run.state == .running)
    }

    private func headline(_ loaded: JSONValue, _ transformed: JSONValue?, _ facts: DataFacts?) -> HTML {
        let sources = loaded["sources"]?.object ?? [:]
        let rows = sources.values.reduce(0) { $0 + ($1["rows"]?.integer ?? 0) }
        let rejected = sources.values.reduce(0) { $0 + ($1["rejected"]?.integer ?? 0) }
        var cells: [(label: String, value: HTML, note: HTML?)] = [
            ("Rows loaded", "\(Wording.count(rows))", "from \(Wording.count(sources.count, "source"))"),
            ("Rows rejected", "\(Wording.count(rejected))", rejected == 0 ? "all could be read" : "see below"),
        ]
        if let tables = transformed?["tables"]?.object { cells.append(("Tables built", "\(tables.count)", nil)) }
        if let facts {
            let passed = facts.tests.filter { $0.status == "ok" }.count
            cells.append(("Tests passed", "\(passed) of \(facts.tests.count)", nil))
        }
        return Elements.headline("The data in numbers", cells)
    }

    private func lineage(_ facts: DataFacts) -> HTML {
        let nodes = facts.tables.map { table in
            LayeredGraph.Node(
                id: table.name, label: table.name, detail: table.rows.map { "\(Wording.count($0)) rows" } ?? table.kind,
                kind: table.kind == "source" ? "good" : table.kind == "view" ? "idle" : "busy", parents: table.parents)
        }
        let drawing = LayeredGraph(nodes, isReduced: false).svg(
            title: "What reads what",
            description: "from sources on the left to outputs on the right; the table below tells the same")
        return Elements.section("Lineage", Elements.figure("What reads what", "sources, views and tables", drawing))
    }

    /// The dataset's windows, drawn by their rows.
    private func windows(_ run: RunRecord) -> HTML {
        guard let value = try? dashboard.store.result(run: run.id, step: "features")?.value else { return "" }
        let bars = ["train", "validation", "test"].compactMap { name in
            value[name]?.integer.map { (label: name, value: Double($0), shown: Wording.count($0)) }
        }
        let users = value["users"]?.integer ?? 0
        let items = value["items"]?.integer ?? 0
        return Elements.section(
            "Dataset",
            """
            <div class="plots">\(Elements.figure(
                "Interactions in each window", "\(Wording.count(users, "user")), \(Wording.count(items, "item"))",
                BarPlot(title: "Interactions in each window", bars: bars).svg))</div>
            """)
    }

    private func tables(_ transformed: JSONValue?, _ facts: DataFacts?) -> HTML {
        let counted = transformed?["tables"]?.object ?? [:]
        var rows: [[HTML]] = []
        if let facts {
            rows = facts.tables.map { table in
                [
                    "\(table.name)", "\(table.kind)", "\(table.rows.map { Wording.count($0) } ?? "–")",
                    "\(table.parents.joined(separator: ", "))", "\(table.description)",
                ]
            }
        } else {
            rows = counted.sorted { $0.key < $1.key }.map { name, count in
                ["\(name)", "table", "\(Wording.count(count.integer ?? 0))"]
            }
        }
        let columns: [HTML] =
            facts == nil ? ["name", "kind", "rows"] : ["name", "kind", "rows", "reads", "what it holds"]
        return Elements.section(
            "Tables",
            Elements.table(
                "What the SQL project built", columns: columns, numbers: [2], rows: rows,
                empty: "The SQL project has not been built in this run."))
    }

    private func tests(_ facts: DataFacts?, isBuilt: Bool) -> HTML {
        guard let facts else {
            guard isBuilt else { return "" }
            return Elements.section(
                "Tests",
                """
                <p class="small">This run took its tables from a run that kept no account of its tests. They were passed, \
                or the run would have ended there.</p>
                """)
        }
        let rows = facts.tests.map { test -> [HTML] in
            ["\(test.name)", Elements.state(test.status), "\(test.failures)", "\(test.message ?? "")"]
        }
        return Elements.section(
            "Tests",
            Elements.table(
                "Data tests of the SQL project", columns: ["test", "outcome", "rows at fault", "message"], numbers: [2],
                rows: rows, empty: "The SQL project has no tests."))
    }

    private func sources(_ loaded: JSONValue) -> HTML {
        let rows = (loaded["sources"]?.object ?? [:]).sorted { $0.key < $1.key }.map { name, source -> [HTML] in
            let read = source["rows"]?.integer ?? 0
            let rejected = source["rejected"]?.integer ?? 0
            let reason: HTML = rejected == 0 ? "" : "<code>raw.\(name)__rejects</code> says why"
            return [
                "\(name)", "\(source["version"]?.integer ?? 0)", "\(Wording.count(read))", "\(Wording.count(rejected))",
                """
                <meter min="0" max="\(max(1, read + rejected))" value="\(rejected)" \
                aria-label="Share of rows rejected"></meter> \(reason)
                """,
            ]
        }
        return Elements.section(
            "Sources and rejected rows",
            Elements.table(
                "What was read from the project's files", columns: ["source", "version", "rows", "rejected", "share"],
                numbers: [1, 2, 3], rows: rows))
    }

    private func freshness(_ facts: DataFacts?) -> HTML {
        guard let facts, !facts.sources.isEmpty else { return "" }
        let now = dashboard.now
        let rows = facts.sources.map { source -> [HTML] in
            let age = source.newest.map { now - $0 }
            let isOld = source.errorAfter.map { (age ?? .infinity) > $0 } ?? false
            let isAging = source.warnAfter.map { (age ?? .infinity) > $0 } ?? false
            return [
                "\(source.name)", source.newest.map(Wording.moment) ?? "no rows", "\(age.map(Wording.span) ?? "–")",
                "\(source.warnAfter.map(Wording.span) ?? "–")", "\(source.errorAfter.map(Wording.span) ?? "–")",
                Elements.state(isOld ? "error" : isAging ? "warn" : "ok"),
            ]
        }
        return Elements.section(
            "Freshness",
            Elements.table(
                "The newest row of each source that declares a limit",
                columns: ["source", "newest row", "age now", "warns after", "fails after", "state"],
                numbers: [2, 3, 4],
                rows: rows))
    }
}
