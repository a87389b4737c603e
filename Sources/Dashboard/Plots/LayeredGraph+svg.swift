extension LayeredGraph {
    private static let (box, row, columnGap, rowGap, margin) = (132.0, 44.0, 30.0, 14.0, 4.0)

    /// The drawing; each box with a link can be reached by the keyboard.
    ///
    /// - Parameters:
    ///   - title: what it shows.
    ///   - description: what a reader who does not see it should know.
    package func svg(title: String, description: String) -> HTML {
        guard !nodes.isEmpty else { return "" }
        let width = Double(rankCount) * (Self.box + Self.columnGap) - Self.columnGap + 2 * Self.margin
        let tall = Double(height) * (Self.row + Self.rowGap) - Self.rowGap + 2 * Self.margin
        let counts = Dictionary(grouping: Set(places + edges.flatMap { $0 }), by: \.rank).mapValues(\.count)
        func top(_ place: Place) -> Double {
            // Ranks with fewer places stand in the middle.
            let free = Double(height - (counts[place.rank] ?? 1)) * (Self.row + Self.rowGap) / 2
            return Self.margin + free + Double(place.order) * (Self.row + Self.rowGap)
        }
        func left(_ place: Place) -> Double { Self.margin + Double(place.rank) * (Self.box + Self.columnGap) }
        let lines = edges.map { chain -> HTML in
            var path: HTML = ""
            for (first, second) in zip(chain, chain.dropFirst()) {
                let from = (left(first) + Self.box, top(first) + Self.row / 2)
                let to = (left(second), top(second) + Self.row / 2)
                let middle = (from.0 + to.0) / 2
                path +=
                    first == chain[0]
                    ? "M\(from.0),\(from.1)" : " L\(from.0),\(from.1)"
                path += " C\(middle),\(from.1) \(middle),\(to.1) \(to.0),\(to.1)"
            }
            return "<path class=\"edge\" d=\"\(path)\"/>\n"
        }
        let boxes = zip(nodes, places).map { node, place in box(node, x: left(place), y: top(place)) }
        return """
            <svg class="graph" width="\(width)" height="\(tall)" viewBox="0 0 \(width) \(tall)" role="group" \
            aria-label="\(title). \(description)"><title>\(title)</title><desc>\(description)</desc>
            \(lines)\(boxes)</svg>
            """
    }

    private func box(_ node: Node, x: Double, y: Double) -> HTML {
        let detail: HTML? =
            node.detail.isEmpty
            ? nil
            : "<text class=\"detail\" x=\"\(x + 12)\" y=\"\(y + 35)\">\(Wording.short(node.detail, 20))</text>"
        let drawn: HTML = """
            <g class="node \(node.kind)"><title>\(node.label)\(node.detail.isEmpty ? "" : ": " + node.detail)</title>\
            <rect x="\(x)" y="\(y)" width="\(Self.box)" height="\(Self.row)" rx="8"/>\
            <rect class="mark" x="\(x)" y="\(y + 8)" width="4" height="\(Self.row - 16)" rx="2"/>\
            <text class="name" x="\(x + 12)" y="\(y + (node.detail.isEmpty ? 27 : 19))">\
            \(Wording.short(node.label, 17))</text>\(detail)</g>

            """
        guard let link = node.link else { return drawn }
        return "<a href=\"\(link)\">\(drawn)</a>"
    }
}
