/// Shares as horizontal bars with their numbers beside them.
struct BarPlot {
    let title: String
    let bars: [(label: String, value: Double, shown: String)]

    /// The drawing.
    var svg: HTML {
        let most = max(bars.map(\.value).max() ?? 0, 1e-12)
        let (left, right, row) = (150.0, 420.0, 24.0)
        let lines = bars.enumerated().map { number, bar -> HTML in
            let y = row * Double(number)
            return """
                <g class="span good"><title>\(bar.label): \(bar.shown)</title>\
                <text class="name" x="\(left - 10)" y="\(y + 16)" text-anchor="end">\(Wording.short(bar.label, 20))</text>\
                <rect x="\(left)" y="\(y + 4)" width="\(max(1, bar.value / most * (right - left)))" height="16" rx="3"/>\
                <text class="detail" x="\(left + bar.value / most * (right - left) + 8)" y="\(y + 16)">\(bar.shown)</text>\
                </g>

                """
        }
        let told = bars.map { "\($0.label) \($0.shown)" }.joined(separator: "; ")
        return """
            <svg class="wide" viewBox="0 0 500 \(row * Double(bars.count) + 4)" role="img" \
            aria-label="\(title): \(told)">\(lines)</svg>
            """
    }
}
