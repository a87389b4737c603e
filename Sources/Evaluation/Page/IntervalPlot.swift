/// One metric of every model as a row: a dot at the mean, a bar across its 95 % interval, the number beside it.
package struct IntervalPlot {
    let metric: String
    let models: [ModelEvaluation]
    let winner: String

    /// Names the metric, the models, and the one that stands out.
    package init(metric: String, models: [ModelEvaluation], winner: String) {
        self.metric = metric
        self.models = models
        self.winner = winner
    }

    /// The plot as SVG.
    package var svg: String {
        let rows = models.compactMap { model in model.metrics[metric].map { (model.name, $0) } }
        let axis = Axis(from: 0, to: rows.map(\.1.high).max() ?? 1)
        let (left, right, row, top) = (150.0, 420.0, 30.0, 8.0)
        let bottom = top + row * Double(rows.count)
        func x(_ value: Double) -> String { fixed(left + axis.position(value) * (right - left), digits: 1) }
        let text = rows.map { "\($0.0) \(fixed($0.1.value)), from \(fixed($0.1.low)) to \(fixed($0.1.high))" }
        var svg = """
            <svg viewBox="0 0 500 \(fixed(bottom + 24, digits: 0))" role="img" aria-label="\
            \(escaped("\(metric), mean and 95 % interval: " + text.joined(separator: "; ")))">
            """
        for tick in axis.ticks {
            svg += """
                <line class="grid" x1="\(x(tick))" x2="\(x(tick))" y1="\(top)" y2="\(bottom)"/>\
                <text class="tick" x="\(x(tick))" y="\(bottom + 16)" text-anchor="middle">\(fixed(tick, digits: axis.digits))</text>
                """
        }
        for (number, (name, interval)) in rows.enumerated() {
            let y = top + row * (Double(number) + 0.5)
            let kind = name == winner ? "winner" : "other"
            let shown = name.count > 20 ? name.prefix(19) + "…" : name
            svg += """
                <g class="\(kind)"><title>\(escaped(text[number]))</title>\
                <text class="name" x="\(left - 12)" y="\(y + 4.5)" text-anchor="end">\(escaped(String(shown)))</text>\
                <line class="bar" x1="\(x(interval.low))" x2="\(x(interval.high))" y1="\(y)" y2="\(y)"/>\
                <circle cx="\(x(interval.value))" cy="\(y)" r="5"/>\
                <text class="value" x="\(right + 14)" y="\(y + 4.5)">\(fixed(interval.value))</text></g>
                """
        }
        return svg + "</svg>"
    }
}
