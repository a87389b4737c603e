/// The texts of all prices, made once: H&M publishes prices divided by 590, with 15 significant digits.
struct PriceTexts: Sendable {
    private let texts: [[UInt8]]

    /// Makes the texts of 0 … `largest` hundredths.
    init(largest: Int) {
        texts = (0...largest).map { Array(PriceTexts.text($0).utf8) }
    }

    @inline(__always)
    subscript(_ hundredths: Int) -> [UInt8] { texts[hundredths] }

    static func text(_ hundredths: Int) -> String {
        // hundredths / 59,000 in units of 10⁻¹⁶, rounded.
        let (high, low) = UInt64(hundredths).multipliedFullWidth(by: 10_000_000_000_000_000)
        let (quotient, remainder) = UInt64(59_000).dividingFullWidth((high, low))
        var value = quotient + (remainder * 2 >= 59_000 ? 1 : 0)
        // From 0.1 on, 16 decimals are one digit too many.
        if value >= 1_000_000_000_000_000 { value = (value + 5) / 10 * 10 }
        let whole = value / 10_000_000_000_000_000
        let digits = String(value % 10_000_000_000_000_000)
        var fraction = String(repeating: "0", count: 16 - digits.utf8.count) + digits
        while fraction.utf8.count > 1, fraction.utf8.last == 0x30 { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }
}
