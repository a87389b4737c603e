import Evaluation
import Flow

/// When each step of a run worked: one bar a step over the run's time.
struct Timeline {
    let run: RunRecord
    let steps: [StepRecord]
    let now: Double

    /// The drawing; empty if no step has begun.
    func svg(link: (StepRecord) -> String) -> HTML {
        let shown = steps.filter { $0.started != nil }.sorted { $0.started! < $1.started! }
        guard let first = shown.first?.started else { return "" }
        // A resumed run begins anew; what was done before lies left of it.
        let start = min(run.created, first)
        let end = max(run.ended ?? now, shown.compactMap(\.ended).max() ?? 0, start + 0.001)
        let axis = Axis(from: 0, to: end - start)
        let (left, right, row, top) = (190.0, 1040.0, 22.0, 6.0)
        let bottom = top + row * Double(shown.count)
        func x(_ moment: Double) -> Double { left + axis.position(moment - start) * (right - left) }
        let grid = axis.ticks.map { tick -> HTML in
            let place = left + axis.position(tick) * (right - left)
            return """
                <line class="grid" x1="\(place)" x2="\(place)" y1="\(top)" y2="\(bottom)"/>\
                <text class="tick" x="\(place)" y="\(bottom + 16)" text-anchor="middle">\(Wording.span(tick))</text>

                """
        }
        let bars = shown.enumerated().map { number, step -> HTML in
            let y = top + row * Double(number)
            let from = x(step.started!)
            let to = x(step.ended ?? (step.state == .running ? now : step.started!))
            let taken = step.seconds.map(Wording.span) ?? step.state.rawValue
            let isLate = to > (left + right) / 2
            return """
                <a href="\(link(step))"><g class="span \(StepGraph.kind([step]))">\
                <title>\(step.name): \(step.state.rawValue), \(taken)</title>\
                <text class="name" x="\(left - 10)" y="\(y + 15)" text-anchor="end">\(Wording.short(step.name, 27))</text>\
                <rect x="\(from)" y="\(y + 4)" width="\(max(2, to - from))" height="14" rx="3"/>\
                <text class="detail" x="\(isLate ? from - 6 : to + 6)" y="\(y + 15)" \
                text-anchor="\(isLate ? "end" : "start")">\(taken)</text></g></a>

                """
        }
        let longest = shown.max { ($0.seconds ?? 0) < ($1.seconds ?? 0) }
        let said = longest.map { "\(shown.count) steps; the longest is \($0.name), \(Wording.span($0.seconds ?? 0))" }
        return """
            <svg class="wide broad" viewBox="0 0 1080 \(bottom + 24)" role="group" aria-label="When each step worked: \
            \(said ?? "")"><title>When each step worked</title>\(grid)\(bars)</svg>
            """
    }
}
