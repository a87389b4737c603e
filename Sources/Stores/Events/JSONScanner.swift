/// Reads JSON a token at a time, strictly as RFC 8259 has it: what an event costs is what its bytes cost.
package struct JSONScanner {
    /// What does not follow the grammar, and where.
    package struct Fault: Error {
        /// Bytes before the fault.
        package var position: Int
        /// What was expected.
        package var message: String
    }

    /// Bytes that were read.
    package private(set) var position = 0
    private let bytes: UnsafeBufferPointer<UInt8>

    /// Starts at the first byte; the memory must outlive the scanner.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The next byte that is no white space, which is not read yet.
    package mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// Reads a sign if it comes next.
    package mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    /// Reads a sign that must come next.
    package mutating func expect(_ sign: Unicode.Scalar) throws(Fault) {
        guard take(sign) else { throw fault("'\(sign)' is missing") }
    }

    /// Reads bytes exactly as they are given, without white space; false, and nothing read, if others come.
    package mutating func take(literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != literal.utf8Start[index] { return false }
        position += count
        return true
    }

    /// The kind of the value that comes next, in words.
    package mutating func kind() -> String {
        guard let byte = peek() else { return "no value" }
        return switch byte {
        case UInt8(ascii: "\""): "text"
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a truth value"
        case UInt8(ascii: "n"): "null"
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "a number"
        default: "no value"
        }
    }

    /// Reads a text.
    ///
    /// - Throws: a fault if there is none, it does not end, or it is not UTF-8.
    package mutating func string() throws(Fault) -> String {
        try expect("\"")
        let start = position
        var isASCII = true
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
                position += 1
                if isASCII { return String(decoding: text, as: UTF8.self) }
                return try validated(text)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw fault("a text holds a control character that is not escaped") }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        throw fault("a text does not end")
    }

    /// Reads a whole number of 64 bits; nil, and nothing read, if the number that comes is another.
    package mutating func integer() -> Int64? {
        _ = peek()
        var at = position
        let isNegative = at < bytes.count && bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let first = at
        var value: Int64 = 0
        while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.addingReportingOverflow(Int64(bytes[at] - UInt8(ascii: "0")))
            if overflow || overflows { return nil }
            value = sum
            at += 1
        }
        if at == first || at - first > 1 && bytes[first] == UInt8(ascii: "0") { return nil }
        if at < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[at]) {
            return nil
        }
        position = at
        return isNegative ? -value : value
    }

    /// Reads a number; nil, and nothing read, if something else comes.
    package mutating func number() -> Double? {
        guard let first = peek() else { return nil }
        guard first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        var end = position
        while end < bytes.count, Self.isOfNumber(bytes[end]) { end += 1 }
        guard let value = Double(String(decoding: bytes[position..<end], as: UTF8.self)) else { return nil }
        position = end
        return value
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Reads `null` if it comes next.
    package mutating func takeNull() -> Bool {
        _ = peek()
        return take(literal: "null")
    }

    /// A fault at the place reached.
    package func fault(_ message: String) -> Fault { Fault(position: position, message: message) }

    private func validated(_ text: some Collection<UInt8>) throws(Fault) -> String {
        guard let text = String(validating: text, as: UTF8.self) else { throw fault("a text is not valid UTF-8") }
        return text
    }

    private mutating func escapedString(from start: Int) throws(Fault) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try validated(text)
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0..<0x20: throw fault("a text holds a control character that is not escaped")
            default: text.append(byte)
            }
        }
        throw fault("a text does not end")
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(Fault) {
        guard position < bytes.count else { throw fault("a text does not end") }
        let sign = bytes[position]
        position += 1
        switch sign {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(sign)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard take(literal: "\\u") else { throw fault("half of a surrogate pair is missing") }
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair is missing") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair is missing") }
            text.append(contentsOf: Array(String(scalar).utf8))
        default: throw fault("a text holds an unknown escape")
        }
    }

    private mutating func codeUnit() throws(Fault) -> UInt32 {
        guard bytes.count - position >= 4,
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+")
        else { throw fault("'\\u' is not followed by four hexadecimal digits") }
        position += 4
        return code
    }
}
