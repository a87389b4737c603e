extension RESPParser {
    /// The next complete value, or nil until more bytes come; an array is handed out as the bytes that it is, for those
    /// who read thousands of values faster than one by one. Any other value comes as ``next()`` gives it.
    ///
    /// - Throws: ``Fault`` if the bytes are no RESP or break a limit.
    package mutating func nextUnparsed() throws -> RESPValue? {
        if span == nil {
            guard isBetweenValues, start < bytes.count, bytes[start] == UInt8(ascii: "*") else { return try next() }
            span = Span()
        }
        guard var passed = span else { return nil }
        let (start, limits) = (start, limits)
        try bytes.withUnsafeBufferPointer { bytes in
            while passed.remaining > 0 {
                guard try Self.passValue(UnsafeBufferPointer(rebasing: bytes[start...]), &passed, limits) else {
                    return
                }
            }
        }
        guard passed.remaining == 0 else {
            span = passed
            return nil
        }
        span = nil
        let whole = Array(bytes[start..<start + passed.length])
        self.start += passed.length
        scanned = self.start
        return .unparsed(whole)
    }

    /// Passes over one value, or the head of an aggregate; false if it is not all there yet.
    private static func passValue(_ bytes: UnsafeBufferPointer<UInt8>, _ span: inout Span, _ limits: Limits) throws
        -> Bool
    {
        var end = span.length
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        guard end - span.length <= limits.line else { throw Fault(description: "a line without an end") }
        guard end < bytes.count else { return false }
        guard end > span.length + 1, bytes[end - 1] == 0x0D else {
            throw Fault(description: "a line that does not end in CRLF")
        }
        let body = UnsafeBufferPointer(rebasing: bytes[span.length + 1..<end - 1])
        switch bytes[span.length] {
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            let length = try number(body)
            guard length <= limits.bulk else { throw Fault(description: "a text of \(length) bytes") }
            guard length >= 0 else { break }
            guard end + 1 + length + 2 <= bytes.count else { return false }
            guard bytes[end + 1 + length] == 0x0D, bytes[end + 2 + length] == 0x0A else {
                throw Fault(description: "a text that is longer than announced")
            }
            end += length + 2
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"): span.remaining += try elements(body, limits)
        case UInt8(ascii: "%"): span.remaining += 2 * (try elements(body, limits))
        // What an attribute holds comes before the value that it belongs to.
        case UInt8(ascii: "|"): span.remaining += 2 * (try elements(body, limits)) + 1
        default: break
        }
        guard span.remaining <= limits.elements else { throw Fault(description: "\(span.remaining) elements") }
        span.remaining -= 1
        span.length = end + 1
        return true
    }

    private static func elements(_ digits: UnsafeBufferPointer<UInt8>, _ limits: Limits) throws -> Int {
        let count = try number(digits)
        guard count <= limits.elements else { throw Fault(description: "\(count) elements") }
        return max(0, count)
    }

    /// A decimal number; the only negative one that a length can be is -1.
    private static func number(_ digits: UnsafeBufferPointer<UInt8>) throws -> Int {
        if digits.count == 2, digits[0] == UInt8(ascii: "-"), digits[1] == UInt8(ascii: "1") { return -1 }
        guard (1...15).contains(digits.count) else { throw Fault(description: "a length that is no number") }
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { throw Fault(description: "a length that is no number") }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }
}
