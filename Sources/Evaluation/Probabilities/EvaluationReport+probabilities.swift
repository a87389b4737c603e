extension EvaluationReport {
    /// The columns of the table of probabilities.
    private static let columns = [
        "rows", "positives", "auc-sampled", "gauc-sampled", "log-loss-sampled", "calibration-error-sampled",
        "calibration-ratio-sampled",
    ]

    /// A row for each model and target that has probabilities: its name, and the columns.
    private var probabilityRows: [(name: String, cells: [String])] {
        models.flatMap { model in
            let targets = (model.probabilities ?? [:]).sorted { $0.key < $1.key }
            return targets.map { target, found in
                let numbers = [
                    found.aucSampled, found.gaucSampled, found.logLossSampled, found.calibrationErrorSampled,
                    found.calibrationRatioSampled,
                ]
                return (
                    targets.count > 1 ? "\(model.name), \(target)" : model.name,
                    ["\(found.rows)", "\(found.positives)"] + numbers.map { $0.map { fixed($0) } ?? "–" }
                )
            }
        }
    }

    /// The table as aligned lines; none without probabilities.
    var probabilityTable: [String] {
        let rows = probabilityRows
        guard !rows.isEmpty else { return [] }
        let first = max(7, rows.map(\.name.count).max() ?? 0)
        func line(_ name: String, _ cells: [String]) -> String {
            let padded = zip(cells, Self.columns).map { cell, column in
                String(repeating: " ", count: max(0, column.count - cell.count)) + cell
            }
            let spaces = String(repeating: " ", count: first - name.count)
            return "  \(name)\(spaces)  " + padded.joined(separator: "  ")
        }
        return [
            "", "Probabilities of interactions among sampled negatives (no measure of a list)",
            line("model", Self.columns),
        ] + rows.map { line($0.name, $0.cells) }
    }

    /// The table as a section of the page; empty without probabilities.
    var probabilitySection: String {
        let rows = probabilityRows
        guard !rows.isEmpty else { return "" }
        let headers = Self.columns.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let lines = rows.map { row in
            "<tr><th scope=\"row\">\(escaped(row.name))</th>"
                + row.cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return """
            <section><h2>Probabilities</h2>
            <div class="scroll"><table><caption>Interactions of the window among sampled negatives; these say nothing of \
            a list over all items</caption><thead><tr><th scope="col">model</th>\(headers)</tr></thead>
            <tbody>\(lines.joined())</tbody></table></div></section>
            """
    }
}
