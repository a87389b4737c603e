extension EvaluationReport {
    /// The report as aligned tables, one for each list length, followed by the notes.
    ///
    /// - Parameter color: whether to set the winner's row in bold and the best number of each column in green.
    public func terminalTable(color: Bool) -> String {
        var lines = ["\(title): \(`protocol`)"]
        for k in ks { lines += [""] + table(at: k, color: color) }
        lines += probabilityTable
        if !notes.isEmpty { lines += [""] + notes.map { "· \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(at k: Int, color: Bool) -> [String] {
        let metrics = measures.map { RankingMetric($0, at: k).description }
        let names = models.map { ($0.name == winner ? "★ " : "  ") + $0.name }
        let columns = metrics.map { metric in
            models.map { model -> String in
                guard let found = model.metrics[metric] else { return "–" }
                return metric == selectedBy ? "\(fixed(found.value)) ± \(fixed(found.margin))" : fixed(found.value)
            }
        }
        let first = names.map(\.count).max() ?? 0
        let widths = zip(metrics, columns).map { header, cells in max(header.count, cells.map(\.count).max() ?? 0) }
        var header = padded("  model", to: first, left: true)
        for (metric, width) in zip(metrics, widths) { header += "  " + padded(metric, to: width) }
        var lines = [styled(header, "2", if: color)]
        let best = metrics.map { metric in models.compactMap { $0.value(metric) }.max() }
        for (row, model) in models.enumerated() {
            var line = styled(padded(names[row], to: first, left: true), "1", if: color && model.name == winner)
            for (column, metric) in metrics.enumerated() {
                let isBest = models.count > 1 && model.value(metric) == best[column] && best[column] != 0
                line += "  " + styled(padded(columns[column][row], to: widths[column]), "32", if: color && isBest)
            }
            lines.append(line)
        }
        return lines
    }

    private func padded(_ text: String, to width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return left ? text + spaces : spaces + text
    }

    private func styled(_ text: String, _ code: String, if wanted: Bool) -> String {
        wanted ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
