import Evaluation

/// Curves over a common axis, told apart by colour and by dashes, each with its name in the legend.
struct SeriesPlot {
    /// One curve.
    struct Series {
        var name: String
        var points: [(x: Double, y: Double)]
    }

    /// As many curves can be told apart.
    static let most = 8

    let title: String
    let horizontal: String
    let series: [Series]
    /// Curves without a name, drawn faintly behind the others.
    var behind: [[(x: Double, y: Double)]] = []

    /// The drawing with its legend; empty without a finite point.
    var html: HTML {
        let shown = series.prefix(Self.most).map { curve in
            Series(name: curve.name, points: Self.thinned(curve.points.filter { $0.x.isFinite && $0.y.isFinite }))
        }
        let faint = behind.map { Self.thinned($0.filter { $0.x.isFinite && $0.y.isFinite }, to: 32) }
        let all = shown.flatMap(\.points) + faint.joined()
        guard let least = all.map(\.y).min(), let most = all.map(\.y).max(), let first = all.map(\.x).min(),
            let last = all.map(\.x).max()
        else { return "" }
        let vertical = Axis(from: least, to: most)
        let across = Axis(from: first, to: last)
        let (left, right, top, bottom) = (58.0, 484.0, 10.0, 200.0)
        func x(_ value: Double) -> Double {
            first == last ? (left + right) / 2 : left + (value - first) / (last - first) * (right - left)
        }
        func y(_ value: Double) -> Double { bottom - vertical.position(value) * (bottom - top) }
        let rows = vertical.ticks.map { tick -> HTML in
            """
            <line class="grid" x1="\(left)" x2="\(right)" y1="\(y(tick))" y2="\(y(tick))"/>\
            <text class="tick" x="\(left - 8)" y="\(y(tick) + 4)" text-anchor="end">\
            \(fixed(tick, digits: vertical.digits))</text>

            """
        }
        // Passes are counted: no tick stands between two of them.
        let isCounted = all.allSatisfy { $0.x == $0.x.rounded() }
        let shownTicks = across.ticks.filter { tick in
            tick >= first - 1e-9 && tick <= last + 1e-9 && (!isCounted || abs(tick - tick.rounded()) < 1e-9)
        }
        let columns = shownTicks.map { tick -> HTML in
            """
            <text class="tick" x="\(x(tick))" y="\(bottom + 18)" text-anchor="middle">\
            \(fixed(tick, digits: isCounted ? 0 : across.digits))</text>

            """
        }
        let curves = shown.enumerated().map { number, curve -> HTML in
            if curve.points.count == 1 {
                return """
                    <circle class="dot s\(number)" cx="\(x(curve.points[0].x))" cy="\(y(curve.points[0].y))" r="4">\
                    <title>\(curve.name)</title></circle>

                    """
            }
            let path = curve.points.map { point -> HTML in "\(x(point.x)),\(y(point.y)) " }
            return "<polyline class=\"line s\(number)\" points=\"\(path)\"><title>\(curve.name)</title></polyline>\n"
        }
        let shadows = faint.map { points -> HTML in
            "<polyline class=\"line faint\" points=\"\(points.map { "\(x($0.x)),\(y($0.y)) " as HTML })\"/>"
        }
        let ends = shown.map { curve in
            "\(curve.name) from \(Wording.number(curve.points.first?.y ?? .nan)) to "
                + Wording.number(curve.points.last?.y ?? .nan)
        }
        let legend = shown.enumerated().map { number, curve -> HTML in
            """
            <li><svg class="key" viewBox="0 0 26 10" width="26" height="10" aria-hidden="true">\
            <line class="line s\(number)" x1="1" x2="25" y1="5" y2="5"/></svg> \(curve.name)</li>

            """
        }
        return """
            <svg class="wide" viewBox="0 0 500 238" role="img" aria-label="\(title): \
            \(ends.joined(separator: "; "))">\(rows)\(columns)\(shadows)\(curves)\
            <text class="tick" x="\((left + right) / 2)" y="234" text-anchor="middle">\(horizontal)</text></svg>
            <ul class="legend">\(legend)</ul>
            """
    }

    /// At most so many points, the ends among them: more than a drawing has pixels help nobody.
    static func thinned(_ points: [(x: Double, y: Double)], to most: Int = 1000) -> [(x: Double, y: Double)] {
        guard points.count > most else { return points }
        return (0..<most).map { points[$0 * (points.count - 1) / (most - 1)] }
    }
}
