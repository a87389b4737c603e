import Core

extension BehaviourReport {
    /// The report as one HTML page, a card for whoever has to sign it: nothing loaded from anywhere.
    public func html() -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(title)) · behaviour tests</title>
        <style>\(stylesheet)</style>
        </head>
        <body>
        <main>
        <header><p class="brand">Martlet · behaviour tests</p><h1>\(escaped(title))</h1>\
        <p>\(escaped(model)), judged by \(escaped(metric)).</p></header>
        \(headline)
        \(findingSection)
        \(testSection)
        \(slicingNames.map(sliceSection).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private var headline: String {
        let warnings = tests.count { $0.state == .warned } + findings.count { $0.severity != .stop }
        return """
            <section class="headline" aria-label="The verdict">
            <div><p class="label">Verdict</p><p class="big verdict \(passes ? "better" : "worse")">\
            \(passes ? "may be published" : "may not be published")</p></div>
            <div><p class="label">Tests</p><p class="big">\(failures.count) failed</p>
            <p class="small">\(tests.count { $0.state == .passed }) passed, \(warnings) warnings</p></div>
            <div><p class="label">Protocol</p><p class="big">\(blockers.count) errors</p>
            <p class="small">\(findings.count) findings</p></div>
            </section>
            """
    }

    private var findingSection: String {
        guard !findings.isEmpty else { return "" }
        let items = findings.map { finding in
            let kind = finding.severity == .stop ? "worse" : ""
            return "<li><span class=\"verdict \(kind)\">\(escaped(finding.rule.rawValue))</span> "
                + "\(escaped(finding.line)). <em>\(escaped(finding.hint)).</em></li>"
        }
        return "<section><h2>Protocol</h2><ul>\(items.joined())</ul></section>"
    }

    private var testSection: String {
        let rows = tests.map { test in
            let (word, kind) =
                switch test.state {
                case .passed: ("passed", "better")
                case .failed: ("failed", "worse")
                case .warned: ("warning", "worse")
                case .reported: ("shown", "")
                case .skipped: ("not measured", "")
                }
            let bound = test.threshold.map { "\(test.bound == .min ? "≥" : "≤") \(fixed($0, digits: 3))" } ?? "–"
            let margin = test.interval.map { "<small>\(fixed($0.low)) … \(fixed($0.high))</small>" } ?? ""
            let slice = test.slice.map { "slice ‘\($0)’: " } ?? ""
            let examples =
                test.examples.isEmpty ? "" : "<small>users \(escaped(test.examples.joined(separator: ", ")))</small>"
            return """
                <tr><th scope="row">\(escaped(test.test))</th><td>\(test.value.map { fixed($0) } ?? "–")\(margin)</td>\
                <td>\(bound)</td><td><span class="verdict \(kind)">\(word)</span></td>\
                <td style="text-align:left;white-space:normal">\(escaped(slice + test.message))\(examples)</td></tr>
                """
        }
        return """
            <section><h2>Tests</h2><div class="scroll"><table><caption>Small numbers are 95 % intervals; a test fails \
            where the value surely misses its threshold</caption><thead><tr><th scope="col">test</th>\
            <th scope="col">value</th><th scope="col">threshold</th><th scope="col">verdict</th><th scope="col">what it \
            is</th></tr></thead><tbody>\(rows.joined())</tbody></table></div></section>
            """
    }

    private var slicingNames: [String] {
        var seen: Set<String> = []
        return slices.map(\.slicing).filter { seen.insert($0).inserted }
    }

    private func sliceSection(_ slicing: String) -> String {
        let found = slices.filter { $0.slicing == slicing }
        let isOfItems = found.first?.isOfItems ?? false
        let models = found.map { ModelEvaluation(name: $0.slice, metrics: [metric: $0.value], users: $0.count) }
        let rows = found.map { slice in
            let places = isOfItems ? "<td>\(fixed((slice.metrics["places"] ?? 0) * 100, digits: 1)) %</td>" : ""
            return """
                <tr><th scope="row">\(escaped(slice.slice))</th><td>\(fixed(slice.value.value))\
                <small>± \(fixed(slice.value.margin))</small></td><td>\(slice.chances)</td>\(places)</tr>
                """
        }
        return """
            <section><h2>By \(escaped(slicing))</h2><div class="plots"><figure><figcaption>\
            \(isOfItems ? "share of choices that was found" : escaped(metric))<span>mean and 95 % interval</span></figcaption>
            \(IntervalPlot(metric: metric, models: models, winner: "").svg)</figure>
            <div class="scroll"><table><thead><tr><th scope="col">slice</th><th scope="col">value</th>\
            <th scope="col">\(isOfItems ? "choices" : "users")</th>\
            \(isOfItems ? "<th scope=\"col\">share of places</th>" : "")</tr></thead>
            <tbody>\(rows.joined())</tbody></table></div></div></section>
            """
    }
}
