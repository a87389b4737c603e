/// The caller's place in a distributed trace.
///
/// Source: W3C Recommendation "Trace Context", section 3.2, version 00.
package struct TraceParent {
    /// 32 hexadecimal digits, not all zero.
    package var traceID: String
    /// 16 hexadecimal digits, not all zero: the span that called us.
    package var parentID: String
    /// 2 hexadecimal digits: whether the caller records the trace.
    package var flags: String

    /// Reads a header; nil if it is malformed, as the standard wants it to be ignored then.
    package init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            parts[0...3].allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }),
            parts[1].utf8.contains(where: { $0 != UInt8(ascii: "0") }),
            parts[2].utf8.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        flags = String(parts[3])
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
