/// A curve over training passes, one number a pass.
package struct CurvePlot {
    let title: String
    let values: [Double]
    /// The pass (from 1) whose weights were kept.
    let best: Int?

    /// Names the curve, its values by pass, and the pass that was kept.
    package init(title: String, values: [Double], best: Int?) {
        self.title = title
        self.values = values
        self.best = best
    }

    /// The plot as SVG.
    package var svg: String {
        let finite = values.filter(\.isFinite)
        let axis = Axis(from: finite.min() ?? 0, to: finite.max() ?? 1)
        let (left, right, top, bottom) = (58.0, 380.0, 12.0, 150.0)
        func x(_ pass: Int) -> Double {
            values.count < 2 ? (left + right) / 2 : left + Double(pass) / Double(values.count - 1) * (right - left)
        }
        func y(_ value: Double) -> Double { bottom - axis.position(value) * (bottom - top) }
        let ends = "from \(fixed(values.first ?? 0)) to \(fixed(values.last ?? 0)) in \(values.count) passes"
        var svg = """
            <svg viewBox="0 0 400 190" role="img" aria-label="\(escaped("\(title): \(ends)"))">
            """
        for tick in axis.ticks {
            svg += """
                <line class="grid" x1="\(left)" x2="\(right)" y1="\(y(tick))" y2="\(y(tick))"/>\
                <text class="tick" x="\(left - 8)" y="\(y(tick) + 4)" text-anchor="end">\(fixed(tick, digits: axis.digits))</text>
                """
        }
        for pass in passes {
            svg +=
                "<text class=\"tick\" x=\"\(x(pass))\" y=\"\(bottom + 18)\" text-anchor=\"middle\">\(pass + 1)</text>"
        }
        let points = values.enumerated().filter { $0.element.isFinite }
            .map { "\(fixed(x($0.offset), digits: 1)),\(fixed(y($0.element), digits: 1))" }
        svg += "<polyline class=\"curve\" points=\"\(points.joined(separator: " "))\"/>"
        if let best, values.indices.contains(best - 1), values[best - 1].isFinite {
            svg += """
                <g class="winner"><title>pass \(best) was kept: \(fixed(values[best - 1]))</title>\
                <circle cx="\(x(best - 1))" cy="\(y(values[best - 1]))" r="5"/></g>
                """
        }
        return svg
            + "<text class=\"tick\" x=\"\((left + right) / 2)\" y=\"186\" text-anchor=\"middle\">pass</text></svg>"
    }

    /// The passes (from 0) that are named below the curve: about eight, the first and the last among them.
    private var passes: [Int] {
        let step = max(1, (values.count + 6) / 8)
        var shown = Array(stride(from: 0, to: values.count, by: step))
        if let last = shown.last, last != values.count - 1 {
            if values.count - 1 - last < (step + 1) / 2 { shown.removeLast() }
            shown.append(values.count - 1)
        }
        return shown
    }
}
