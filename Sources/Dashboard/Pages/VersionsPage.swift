import Core
import Evaluation
import Stores

/// The published versions, with a way back.
struct VersionsPage {
    let dashboard: Dashboard
    let session: Session

    init(_ dashboard: Dashboard, _ session: Session) {
        self.dashboard = dashboard
        self.session = session
    }

    func page() async throws -> Page {
        let published = try await dashboard.facts.published()
        guard !published.versions.isEmpty else {
            return Page(
                title: "Published versions", section: .versions,
                body: "<p>Nothing is published yet: <code>martlet publish</code> does.</p>")
        }
        let newest = Array(published.versions.reversed())
        let rows = newest.map { version -> [HTML] in
            let manifest = version.manifest
            let best = manifest.metrics.keys.sorted().first { $0.hasPrefix("recall") }
            return [
                "\(version.version)", version.isLive ? Elements.state("live") : "", "\(manifest.model)",
                "<a href=\"\(dashboard.base)/runs/\(manifest.modelVersion)\">\(manifest.modelVersion)</a>",
                Wording.moment(Double(manifest.created)), "\(Wording.count(manifest.users))",
                "\(Wording.count(manifest.items))",
                "\(best.map { "\($0) \(fixed(manifest.metrics[$0] ?? 0))" } ?? "–")",
                "<code>\(manifest.checksum)</code>",
            ]
        }
        var body: HTML = ""
        if let live = published.live {
            let since = published.liveSince.map { Wording.moment(Double($0)) }
            body +=
                "<p>Version \(live.version) is live\(since.map { " since \($0)" as HTML }), in \(published.store).</p>\n"
        }
        body += Elements.table(
            "\(Wording.count(newest.count, "version")), the newest first",
            columns: ["version", "live", "model", "run", "made", "users", "items", "quality", "checksum"],
            numbers: [5, 6], rows: rows)
        body += comparison(newest)
        body += rollback(published)
        return Page(title: "Published versions", section: .versions, body: body)
    }

    private func comparison(_ versions: [PublishedVersion]) -> HTML {
        guard versions.count > 1 else { return "" }
        func options(_ chosen: Int) -> [HTML] {
            versions.map { version in
                let mark: HTML? = version.version == chosen ? " selected" : nil
                return "<option value=\"\(version.version)\"\(mark)>version \(version.version)</option>"
            }
        }
        return Elements.section(
            "Compare",
            """
            <form method="get" action="\(dashboard.base)/versions/compare" class="fields">
            <label for="a">From</label><select id="a" name="a">\(options(versions[1].version))</select>
            <label for="b">to</label><select id="b" name="b">\(options(versions[0].version))</select>
            <button>Compare the lists</button></form>
            """)
    }

    private func rollback(_ published: PublishedFacts) -> HTML {
        guard let live = published.live, published.versions.contains(where: { $0.version != live.version }) else {
            return ""
        }
        let token: HTML? = session.token.map { "<input type=\"hidden\" name=\"token\" value=\"\($0)\">" }
        return Elements.section(
            "Roll back",
            """
            <p>Makes the version live again that was live before version \(live.version). Servers follow within a second; \
            nothing is deleted.</p>
            <form method="post" action="\(dashboard.base)/versions/rollback">\(token)\
            <button class="danger">Roll back from version \(live.version)</button></form>
            """)
    }
}

/// How the lists of two versions differ.
struct VersionComparison {
    let dashboard: Dashboard
    let query: DashboardRequest.Fields

    init(_ dashboard: Dashboard, _ query: DashboardRequest.Fields) {
        self.dashboard = dashboard
        self.query = query
    }

    func page() async throws -> Page {
        guard let from = query["a"].flatMap({ Int($0) }), let to = query["b"].flatMap({ Int($0) }) else {
            throw MartletError(.notFound, "two versions are needed", hint: "choose them under Versions")
        }
        let found = try await dashboard.facts.difference(from: from, to: to)
        let share = found.users == 0 ? 0 : Double(found.changed) / Double(found.users)
        var body = Elements.headline(
            "The difference in numbers",
            [
                ("Users in both", "\(Wording.count(found.users))", found.isSample ? "a sample: there are more" : nil),
                ("Lists that changed", "\(fixed(share * 100, digits: 1)) %", "\(Wording.count(found.changed, "user"))"),
                ("Items kept", "\(fixed(found.overlap * 100, digits: 1)) %", "mean over users"),
                ("Users who lost their list", "\(Wording.count(found.lost))", nil),
            ])
        let bars = found.kept.enumerated().map { tenth, users in
            (
                label: tenth == 0 ? "none" : tenth == 10 ? "over 90 %" : "up to \(tenth * 10) %", value: Double(users),
                shown: Wording.count(users)
            )
        }
        body += Elements.section(
            "How much of the lists stayed",
            """
            <div class="plots">\(Elements.figure(
                "Users by the share of their items that stayed", "",
                BarPlot(title: "Users by the share of their items that stayed", bars: bars).svg))</div>
            """)
        body += movers("Items in more lists", found.risen) + movers("Items in fewer lists", found.fallen)
        body += examples(found)
        return Page(title: "Version \(from) against \(to)", section: .versions, body: body)
    }

    private func movers(_ title: String, _ movers: [ListDifference.Mover]) -> HTML {
        let rows = movers.map { mover -> [HTML] in
            [
                ItemPage.link(dashboard, ShownItem(id: mover.item, title: mover.title)),
                "\(Wording.count(mover.before))", "\(Wording.count(mover.after))",
                "\(mover.after > mover.before ? "+" : "")\(Wording.count(mover.after - mover.before))",
            ]
        }
        return Elements.section(
            title,
            Elements.table(
                "Lists that hold the item", columns: ["item", "before", "after", "change"], numbers: [1, 2, 3],
                rows: rows, empty: "None."))
    }

    private func examples(_ found: ListDifference) -> HTML {
        func list(_ items: [String], against others: [String]) -> HTML {
            let known = Set(others)
            let parts = items.prefix(12).map { item -> HTML in
                let title = found.titles[item] ?? item
                return known.contains(item) ? "<li>\(title)</li>" : "<li><strong>\(title)</strong></li>"
            }
            return "<ol class=\"plain\">\(parts)</ol>"
        }
        let rows = found.examples.map { example -> [HTML] in
            [
                "<a href=\"\(dashboard.base)/shoppers?user=\(URLText.encoded(example.user))\">\(example.user)</a>",
                list(example.before, against: example.after), list(example.after, against: example.before),
            ]
        }
        return Elements.section(
            "Some users",
            Elements.table(
                "What is in one of the two lists alone is bold", columns: ["user", "before", "after"], rows: rows,
                empty: "No list changed."))
    }
}
