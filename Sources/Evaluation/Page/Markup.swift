/// `text` with the characters that mean something to HTML replaced.
package func escaped(_ text: String) -> String {
    var result = ""
    // By scalars: a quotation mark that carries an accent is another character, and still ends an attribute.
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Round numbers that divide `0 … largest` (or `low … high`) into about five steps.
package struct Axis {
    package let low: Double
    package let high: Double
    package let ticks: [Double]
    /// How many decimals tell the ticks apart.
    package let digits: Int

    package init(from least: Double, to greatest: Double) {
        let span = max(greatest - least, max(greatest.magnitude, 1e-6) * 1e-3)
        var step = 1.0
        var digits = 0
        while step > span / 4 && digits < 9 {
            step /= 10
            digits += 1
        }
        while step * 10 <= span / 4 { step *= 10 }
        if step * 5 <= span / 4 { step *= 5 } else if step * 2 <= span / 4 { step *= 2 }
        let first = (least / step).rounded(.down)
        let last = (greatest / step - 1e-9).rounded(.up)
        low = first * step
        high = max(last, first + 1) * step
        ticks = (0...Int((high - low) / step + 0.5)).map { (first + Double($0)) * step }
        self.digits = digits
    }

    /// Where `value` lies between the ends, in `0 … 1`.
    package func position(_ value: Double) -> Double { min(max((value - low) / (high - low), 0), 1) }
}
