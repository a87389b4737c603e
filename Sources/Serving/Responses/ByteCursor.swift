/// Writes JSON at a place in memory that the caller knows to be large enough.
///
/// The hot path of the server: nothing is allocated and nothing is checked twice.
package struct ByteCursor {
    /// The most bytes that ``number(_:)`` writes.
    package static let longestNumber = 24
    /// The most bytes that ``quoted(_:)`` writes for `count` bytes of text.
    package static func longestQuoted(_ count: Int) -> Int { 6 * count + 2 }

    private let start: UnsafeMutableRawPointer
    private var position: UnsafeMutableRawPointer

    /// Starts at `start`.
    package init(_ start: UnsafeMutableRawPointer) {
        self.start = start
        position = start
    }

    /// How many bytes have been written.
    package var count: Int { position - start }

    /// Writes one byte.
    package mutating func byte(_ value: UInt8) {
        position.storeBytes(of: value, as: UInt8.self)
        position += 1
    }

    /// Copies bytes.
    package mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        position.copyMemory(from: source, byteCount: bytes.count)
        position += bytes.count
    }

    /// Copies a literal.
    package mutating func literal(_ text: StaticString) {
        copy(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes UTF-8 text as a JSON string, quotes included.
    package mutating func quoted(_ text: UnsafeBufferPointer<UInt8>) {
        byte(UInt8(ascii: "\""))
        for character in text {
            switch character {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                byte(UInt8(ascii: "\\"))
                byte(character)
            case 0..<0x20:
                literal("\\u00")
                byte(Self.hexadecimal(character >> 4))
                byte(Self.hexadecimal(character & 15))
            default: byte(character)
            }
        }
        byte(UInt8(ascii: "\""))
    }

    /// Writes UTF-8 text as a JSON string, quotes included.
    package mutating func quoted(_ text: String) {
        var text = text
        text.withUTF8 { quoted($0) }
    }

    /// Writes a score: up to six decimals without trailing zeros, or the shortest exact form where six decimals would
    /// lose it (under 0.001 or from a billion up); `null` if it is not finite.
    package mutating func number(_ value: Float) {
        let magnitude = abs(Double(value))
        guard magnitude == 0 || (magnitude >= 0.001 && magnitude < 1e9) else {
            guard value.isFinite else { return literal("null") }
            var text = "\(value)"
            return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
        }
        if value < 0 { byte(UInt8(ascii: "-")) }
        let scaled = UInt64((magnitude * 1_000_000).rounded())
        let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: 1_000_000)
        integer(whole)
        guard fraction > 0 else { return }
        byte(UInt8(ascii: "."))
        var (rest, divisor) = (fraction, UInt64(100_000))
        while rest > 0 {
            byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    private mutating func integer(_ value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        var rest = value
        while divisor > 0 {
            byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
