/// `text` with the characters that mean something to HTML replaced.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.append(character)
        }
    }
    return result
}

/// Round numbers that divide `0 … largest` (or `low … high`) into about five steps.
struct Axis {
    let low: Double
    let high: Double
    let ticks: [Double]
    /// How many decimals tell the ticks apart.
    let digits: Int

    init(from least: Double, to greatest: Double) {
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
    func position(_ value: Double) -> Double { min(max((value - low) / (high - low), 0), 1) }
}
