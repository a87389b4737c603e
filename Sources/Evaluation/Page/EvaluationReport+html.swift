import Core

extension EvaluationReport {
    /// The report as one HTML page: plots as inline SVG, light or dark as the reader's system is, nothing loaded from
    /// anywhere.
    public func html() -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(title)) · evaluation</title>
        <style>\(stylesheet)</style>
        </head>
        <body>
        <main>
        <header><p class="brand">Martlet · evaluation</p><h1>\(escaped(title))</h1><p>\(escaped(`protocol`.prefix(1).uppercased() + `protocol`.dropFirst())).</p></header>
        \(sections)
        </main>
        </body>
        </html>

        """
    }

    /// What the page says below its head, for a page that has a head of its own.
    package var sections: String {
        """
        \(headline)
        \(notesList)
        \(plots)
        \(comparisonTable)
        \(ks.map(metricTable).joined(separator: "\n"))
        \(probabilitySection)
        \(curves)
        """
    }

    /// The winner and its number, large.
    private var headline: String {
        guard let chosen = models.first(where: { $0.name == winner }), let found = chosen.metrics[selectedBy] else {
            return ""
        }
        let others = "\(models.count) model\(models.count == 1 ? "" : "s") on the same users"
        return """
            <section class="headline" aria-label="The chosen model">
            <div><p class="label">Chosen on validation</p><p class="big">\(escaped(winner))</p></div>
            <div><p class="label">\(escaped(selectedBy))</p><p class="big">\(fixed(found.value))</p>
            <p class="small">95 % interval \(fixed(found.low)) – \(fixed(found.high))</p></div>
            <div><p class="label">Measured on</p><p class="big">\(chosen.users) users</p><p class="small">\(others)</p></div>
            </section>
            """
    }

    private var plots: String {
        let chosen = RankingMetric(selectedBy)
        let k = chosen?.k ?? ks.first ?? 1
        let metrics = measures.map { RankingMetric($0, at: k).description }
        let ordered = metrics.filter { $0 == selectedBy } + metrics.filter { $0 != selectedBy }
        let figures = ordered.map { metric in
            """
            <figure><figcaption>\(escaped(metric))<span>\(explanation(metric))</span></figcaption>
            \(IntervalPlot(metric: metric, models: models, winner: winner).svg)</figure>
            """
        }
        return """
            <section><h2>Metrics at \(k)</h2>
            <p class="small">Dots are means over users, bars their 95 % intervals. More is better.</p>
            <div class="plots">\(figures.joined())</div></section>
            """
    }

    private func explanation(_ metric: String) -> String {
        switch RankingMetric(metric)?.measure {
        case .recall: "share of what users chose that was in their list"
        case .ndcg: "as recall, with more weight on the top places"
        case .map: "mean average precision"
        case .mrr: "1 / place of the first hit"
        case .hitRate: "share of users with at least one hit"
        case .precision: "share of the list that users chose"
        case .coverage: "share of the catalogue that is in any list"
        case nil: ""
        }
    }

    private var comparisonTable: String {
        guard !comparisons.isEmpty else { return "" }
        let rows = comparisons.map { found in
            let words =
                switch found.verdict {
                case .better: "better"
                case .worse: "worse"
                case .undecided: "can’t be told apart"
                }
            let share = found.relative.map { signed($0 * 100, digits: 1) + " %" } ?? "–"
            return """
                <tr><th scope="row">\(escaped(found.baseline))</th><td>\(signed(found.difference.value))</td>\
                <td>\(signed(found.difference.low)) … \(signed(found.difference.high))</td><td>\(share)</td>\
                <td><span class="verdict \(found.verdict.rawValue)">\(words)</span></td></tr>
                """
        }
        return """
            <section><h2>\(escaped(winner)) against the others</h2>
            <div class="scroll"><table><caption>Mean difference in \(escaped(selectedBy)) over the same users</caption>
            <thead><tr><th scope="col">against</th><th scope="col">difference</th><th scope="col">95 % interval</th>\
            <th scope="col">relative</th><th scope="col">verdict</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div></section>
            """
    }

    private func metricTable(at k: Int) -> String {
        let metrics = measures.map { RankingMetric($0, at: k).description }
        let best = metrics.map { metric in models.compactMap { $0.value(metric) }.max() }
        let rows = models.map { model in
            let cells = zip(metrics, best).map { metric, best -> String in
                guard let found = model.metrics[metric] else { return "<td>–</td>" }
                let mark = found.value == best && models.count > 1 ? " class=\"best\"" : ""
                let margin = found.margin > 0 ? "<small>± \(fixed(found.margin))</small>" : ""
                return "<td\(mark)>\(fixed(found.value))\(margin)</td>"
            }
            let star = model.name == winner ? " <span class=\"star\" title=\"chosen on validation\">★</span>" : ""
            return "<tr><th scope=\"row\">\(escaped(model.name))\(star)</th>\(cells.joined())</tr>"
        }
        let headers = metrics.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        return """
            <section><h2>All numbers at \(k)</h2>
            <div class="scroll"><table><caption>Mean over users ± half the 95 % interval; the best of each column in \
            bold</caption><thead><tr><th scope="col">model</th>\(headers)</tr></thead>
            <tbody>\(rows.joined())</tbody></table></div></section>
            """
    }

    private var curves: String {
        let names =
            models.map(\.name).filter { trainings[$0] != nil }
            + trainings.keys.sorted().filter { name in
                !models.contains { $0.name == name }
            }
        let figures = names.flatMap { name -> [String] in
            let training = trainings[name] ?? .null
            let best = training["bestEpoch"]?.integer
            let metric = training["validationMetric"]?.string ?? "validation"
            return [("loss", "loss", nil), ("validation", "\(metric) on validation", best)].compactMap {
                key, label, best in
                let values = training[key]?.array?.map { $0.number ?? .nan } ?? []
                guard values.count > 1 else { return nil }
                let kept = best.map { "pass \($0) was kept" } ?? ""
                return """
                    <figure><figcaption>\(escaped(name)): \(escaped(label))<span>\(kept)</span></figcaption>
                    \(CurvePlot(title: "\(name), \(label)", values: values, best: best).svg)</figure>
                    """
            }
        }
        guard !figures.isEmpty else { return "" }
        return "<section><h2>Training</h2><div class=\"plots\">\(figures.joined())</div></section>"
    }

    private var notesList: String {
        guard !notes.isEmpty else { return "" }
        let items = notes.map { "<li>\(escaped($0)).</li>" }.joined()
        return "<section><h2>In plain words</h2><ul>\(items)</ul></section>"
    }
}
