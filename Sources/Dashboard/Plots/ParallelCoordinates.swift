import Evaluation

/// Many experiments over many quantities: one axis a quantity, one line an experiment; better ones stand out.
///
/// Source: Inselberg, "The plane with parallel coordinates", The Visual Computer 1985.
struct ParallelCoordinates {
    /// One quantity; words are set in their order at equal distances.
    struct Dimension {
        var name: String
        var values: [Value?]
    }

    /// A number or a word.
    enum Value: Hashable {
        case number(Double)
        case word(String)
    }

    /// The experiments' names.
    let names: [String]
    /// The axes, from left to right; the last one is what the experiments are judged by.
    let dimensions: [Dimension]

    /// The drawing; empty with less than two axes or experiments.
    var svg: HTML {
        guard dimensions.count > 1, names.count > 1, let goal = dimensions.last else { return "" }
        let scales = dimensions.map(Scale.init)
        let (left, top) = (124.0, 34.0)
        // Words need their own lines; few axes stand further apart.
        let bottom = top + max(190, 15 * Double(scales.map(\.labels.count).max() ?? 0))
        let gap = max(140, min(280, 900 / Double(dimensions.count - 1)))
        let width = left + gap * Double(dimensions.count - 1) + 84
        func x(_ dimension: Int) -> Double { left + gap * Double(dimension) }
        func y(_ position: Double) -> Double { bottom - position * (bottom - top) }
        let best = goal.values.indices.max { (number(goal.values[$0]), $1) < (number(goal.values[$1]), $0) }
        // The best is drawn last, on top of the others.
        let order = names.indices.filter { $0 != best } + [best].compactMap { $0 }
        let lines = order.map { experiment -> HTML in
            let points = dimensions.indices.compactMap { dimension -> HTML? in
                dimensions[dimension].values[experiment].flatMap(scales[dimension].position).map {
                    "\(x(dimension)),\(y($0)) "
                }
            }
            let told = dimensions.indices.map { dimension in
                "\(dimensions[dimension].name) \(text(dimensions[dimension].values[experiment]))"
            }
            return """
                <polyline class="line \(experiment == best ? "winner" : "other")" points="\(points)">\
                <title>\(names[experiment]): \(told.joined(separator: ", "))</title></polyline>

                """
        }
        let axes = dimensions.indices.map { number -> HTML in
            let ticks = scales[number].labels.map { label, position -> HTML in
                "<text class=\"tick\" x=\"\(x(number) - 7)\" y=\"\(y(position) + 4)\" text-anchor=\"end\">\(label)</text>"
            }
            return """
                <line class="axis" x1="\(x(number))" x2="\(x(number))" y1="\(top)" y2="\(bottom)"/>\
                <text class="name" x="\(x(number))" y="16" text-anchor="middle">\
                \(Wording.short(dimensions[number].name, 19))</text>\(ticks)

                """
        }
        let said = best.map { "\(names.count) experiments; the best is \(names[$0])" } ?? ""
        return """
            <svg class="graph parallel" width="\(width)" height="\(bottom + 14)" viewBox="0 0 \(width) \(bottom + 14)" role="img" \
            aria-label="Parallel coordinates of \(said)">\(lines)\(axes)</svg>
            """
    }

    private func number(_ value: Value?) -> Double {
        if case .number(let value)? = value { value } else { -.infinity }
    }

    private func text(_ value: Value?) -> String {
        switch value {
        case .number(let value)?: Wording.number(value)
        case .word(let word)?: word
        case nil: "–"
        }
    }
}

/// Where values lie on an axis, in 0…1.
private struct Scale {
    private var places: [String: Double] = [:]
    private var axis: Axis?
    let labels: [(String, Double)]

    init(_ dimension: ParallelCoordinates.Dimension) {
        let values = dimension.values.compactMap { $0 }
        let numbers = values.compactMap { value -> Double? in
            if case .number(let number) = value, number.isFinite { number } else { nil }
        }
        if numbers.count == values.count, let least = numbers.min(), let most = numbers.max() {
            let axis = Axis(from: least, to: most)
            self.axis = axis
            labels = axis.ticks.map { (fixed($0, digits: axis.digits), axis.position($0)) }
            return
        }
        let words = Set(
            values.map { value in
                switch value {
                case .number(let number): Wording.number(number)
                case .word(let word): word
                }
            }
        ).sorted()
        for (number, word) in words.enumerated() {
            places[word] = words.count == 1 ? 0.5 : Double(number) / Double(words.count - 1)
        }
        let found = places
        labels = words.map { (Wording.short($0, 17), found[$0] ?? 0) }
    }

    func position(_ value: ParallelCoordinates.Value) -> Double? {
        switch value {
        case .number(let number):
            if let axis { return number.isFinite ? axis.position(number) : nil }
            return places[Wording.number(number)]
        case .word(let word): return places[word]
        }
    }
}
