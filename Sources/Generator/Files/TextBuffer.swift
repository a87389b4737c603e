/// Bytes of a CSV file in the making.
struct TextBuffer {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(byte: UInt8) { bytes.append(byte) }

    /// Appends a field, in quotes if it holds a comma or quotes.
    mutating func append(field: String) {
        if field.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A }) {
            append("\"")
            for byte in field.utf8 {
                if byte == 0x22 { bytes.append(0x22) }
                bytes.append(byte)
            }
            append("\"")
        } else {
            append(field)
        }
    }

    /// Appends the 16 hexadecimal digits of each word.
    mutating func append(hex words: (UInt64, UInt64, UInt64, UInt64)) {
        for word in [words.0, words.1, words.2, words.3] {
            let digits = String(word, radix: 16)
            for _ in digits.utf8.count..<16 { bytes.append(0x30) }
            append(digits)
        }
    }
}
