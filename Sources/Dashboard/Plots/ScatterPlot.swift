/// Points in a plane, each named on hover and coloured by its group.
struct ScatterPlot {
    /// One point.
    struct Point {
        var x: Double
        var y: Double
        var name: String
        /// The place of its group, 0… ; groups from the eighth on share a colour.
        var group: Int
        /// The radius in pixels.
        var radius: Double
        /// Whether its name stands beside it.
        var isNamed = false
    }

    let title: String
    let groups: [String]
    let points: [Point]

    /// The drawing with its legend; empty without points.
    var html: HTML {
        guard let left = points.map(\.x).min(), let right = points.map(\.x).max(), let low = points.map(\.y).min(),
            let high = points.map(\.y).max()
        else { return "" }
        // One scale for both directions: distances mean something.
        let span = max(right - left, high - low, 1e-12)
        let (width, height, margin) = (720.0, 460.0, 14.0)
        let scale = min(
            (width - 2 * margin) / max(right - left, span * 1e-3), (height - 2 * margin) / max(high - low, span * 1e-3))
        let dots = points.map { point -> HTML in
            let x = width / 2 + (point.x - (left + right) / 2) * scale
            let y = height / 2 - (point.y - (low + high) / 2) * scale
            return """
                <circle class="dot s\(min(point.group, SeriesPlot.most - 1))" cx="\(x)" cy="\(y)" r="\(point.radius)">\
                <title>\(point.name)</title></circle>

                """
        }
        let names = points.filter(\.isNamed).map { point -> HTML in
            let x = width / 2 + (point.x - (left + right) / 2) * scale
            let y = height / 2 - (point.y - (low + high) / 2) * scale
            let isLate = x > width * 0.75
            return """
                <text x="\(isLate ? x - 8 : x + 8)" y="\(y + 4)" text-anchor="\(isLate ? "end" : "start")">\
                \(Wording.short(point.name, 24))</text>

                """
        }
        let legend =
            groups.count < 2
            ? []
            : groups.prefix(SeriesPlot.most).enumerated().map { number, group -> HTML in
                """
                <li><svg class="key" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">\
                <circle class="dot s\(number)" cx="6" cy="6" r="5"/></svg> \(group)</li>

                """
            }
        return """
            <svg class="wide map" viewBox="0 0 720 460" role="img" aria-label="\(title): \(points.count) points">\
            \(dots)\(names)</svg>
            <ul class="legend">\(legend)</ul>
            """
    }
}
