import Hummingbird

/// Text out of a URL.
enum PercentDecoding {
    /// Decodes one part of a path or query.
    ///
    /// - Parameters:
    ///   - bytes: the part as it stood in the request line.
    ///   - name: what the part is, for the message: `user`, `k`.
    ///   - plusIsSpace: whether `+` stands for a space, as in queries.
    /// - Throws: a 400 problem if a `%` is not followed by two hexadecimal digits or the result is not UTF-8.
    static func text(_ bytes: some Collection<UInt8>, name: String, plusIsSpace: Bool = false) throws(Problem) -> String
    {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                    throw Problem(
                        .badRequest, "invalid-encoding",
                        "the \(name) holds a '%' without two hexadecimal digits after it",
                        hint: "write a percent sign itself as %25")
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(byte)
            }
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw Problem(
                .badRequest, "invalid-encoding", "the \(name) is not valid UTF-8",
                hint: "encode the text as UTF-8 before percent-encoding it")
        }
        return text
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
