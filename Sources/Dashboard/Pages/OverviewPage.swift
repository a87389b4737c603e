import Evaluation
import Flow
import Stores

/// What is live, since when, and whether all is well.
struct OverviewPage {
    let dashboard: Dashboard

    init(_ dashboard: Dashboard) { self.dashboard = dashboard }

    func page() async throws -> Page {
        let now = dashboard.now
        let runs = try dashboard.store.runs()
        let published = try? await dashboard.facts.published()
        var body = live(published, now: now)
        body += health(await dashboard.facts.checks() + (runs.first.map { [check($0)] } ?? []))
        body += try latest(runs, now: now)
        body += try quality(runs)
        if let published { body += progress(published) }
        return Page(
            title: "Overview", section: .overview, body: body, isLive: runs.contains { $0.state == .running })
    }

    private func live(_ published: PublishedFacts?, now: Double) -> HTML {
        guard let published else { return "<p class=\"fault\">The store of published lists cannot be read.</p>" }
        guard let version = published.live else {
            return """
                <p>Nothing is published yet: <code>martlet run</code> trains the models, chooses the best and publishes \
                its lists.</p>
                """
        }
        let manifest = version.manifest
        let since = published.liveSince.map(Double.init)
        return Elements.headline(
            "What is live",
            [
                (
                    "Live", "<a href=\"\(dashboard.base)/versions\">version \(version.version)</a>",
                    "of \(published.versions.count) that are kept"
                ),
                (
                    "Model", "\(manifest.model)",
                    "from <a href=\"\(dashboard.base)/runs/\(manifest.modelVersion)\">run \(manifest.modelVersion)</a>"
                ),
                (
                    "Since", since.map { "\(Wording.ago($0, now: now))" } ?? "–",
                    since.map { Wording.moment($0) }
                ),
                (
                    "Lists", "\(Wording.count(manifest.lists))",
                    "\(Wording.count(manifest.users, "user")), \(Wording.count(manifest.items, "item"))"
                ),
            ])
    }

    private func health(_ checks: [HealthCheck]) -> HTML {
        let lines = checks.map { check -> HTML in
            """
            <li class="\(check.state.rawValue)"><strong>\(check.name)</strong> \
            \(Elements.state(check.state.rawValue)) <span>\(check.text)</span></li>

            """
        }
        return Elements.section("Health", "<ul class=\"checks\">\(lines)</ul>")
    }

    private func check(_ run: RunRecord) -> HealthCheck {
        let state: HealthCheck.State =
            switch run.state {
            case .finished, .running: .ok
            case .failed: .error
            case .cancelled, .interrupted: .warning
            }
        return HealthCheck(
            name: "Last run", state: state,
            text: "\(run.id) \(run.state.rawValue)" + (run.message.map { ": \(Wording.short($0, 160))" } ?? ""))
    }

    private func latest(_ runs: [RunRecord], now: Double) throws -> HTML {
        let rows = try runs.prefix(5).map { run -> [HTML] in
            let steps = try dashboard.store.steps(run: run.id)
            let done = steps.filter(\.state.hasResult).count
            return [
                "<a href=\"\(dashboard.base)/runs/\(run.id)\">\(run.id)</a>", Elements.state(run.state.rawValue),
                Wording.moment(run.created), "\(Wording.span((run.ended ?? now) - run.created))",
                """
                <progress value="\(done)" max="\(max(1, steps.count))" aria-label="Steps done"></progress> \
                <span class="nowrap">\(done) of \(steps.count)</span>
                """,
            ]
        }
        return Elements.section(
            "Last runs",
            Elements.table(
                "The newest runs; all stand under Runs", columns: ["run", "state", "began", "took", "steps"],
                numbers: [3], rows: rows, empty: "Nothing has been run yet."))
    }

    /// The last evaluation in one drawing.
    private func quality(_ runs: [RunRecord]) throws -> HTML {
        for run in runs {
            guard let value = try dashboard.store.result(run: run.id, step: "evaluate")?.value,
                let report = try? EvaluationReport(json: value)
            else { continue }
            let plot = IntervalPlot(metric: report.selectedBy, models: report.models, winner: report.winner)
            return Elements.section(
                "Quality",
                """
                <div class="plots">\(Elements.figure(
                    "\(report.selectedBy) on the test window", "dots are means over users, bars their 95 % intervals; \(report.winner) was chosen on validation",
                    HTML(trusted: plot.svg)))</div>
                <p><a href="\(dashboard.base)/models?run=\(run.id)">All metrics of run \(run.id)</a></p>
                """)
        }
        return ""
    }

    /// What each published version reached in its own evaluation.
    private func progress(_ published: PublishedFacts) -> HTML {
        let names = Set(published.versions.flatMap { $0.manifest.metrics.keys }).sorted()
        guard published.versions.count > 1, let name = names.first(where: { $0.hasPrefix("recall") }) ?? names.first
        else { return "" }
        let bars = published.versions.compactMap { version in
            version.manifest.metrics[name].map {
                (label: "v\(version.version) \(version.manifest.model)", value: $0, shown: fixed($0))
            }
        }
        return Elements.section(
            "Published versions",
            """
            <div class="plots">\(Elements.figure(
                "\(name) of each version", "each measured in its own run; windows may differ",
                BarPlot(title: name, bars: bars).svg))</div>
            """)
    }
}
