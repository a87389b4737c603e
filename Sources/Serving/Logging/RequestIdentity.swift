import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Names of one request: its own id and, if the caller traces, the trace it belongs to.
struct RequestIdentity {
    /// The caller's `X-Request-ID`, or one of ours.
    var id: String
    /// The trace and the caller's span out of a W3C `traceparent`.
    var trace: TraceParent?

    /// Reads the names out of the headers; an id that is missing or not fit for a log line is replaced.
    init(_ headers: HTTPFields) {
        if let given = headers[.requestID], Self.isFit(given) {
            id = given
        } else {
            id = Self.next()
        }
        trace = headers[.traceParent].flatMap(TraceParent.init)
    }

    /// What log lines of the request carry.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["request_id": .string(id)]
        if let trace {
            metadata["trace_id"] = .string(trace.traceID)
            metadata["parent_id"] = .string(trace.parentID)
        }
        return metadata
    }

    /// 1–128 visible ASCII characters without quotes and backslashes.
    private static func isFit(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    private static let salt = UInt64.random(in: 0 ... .max)
    private static let issued = Atomic<UInt64>(0)

    /// 16 hexadecimal digits, different for every request of this process (a bijection of a counter, salted).
    private static func next() -> String {
        var word = issued.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15 &+ salt
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        return String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 15
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }
}

/// The caller's place in a distributed trace.
///
/// Source: W3C Recommendation "Trace Context", section 3.2, version 00.
package struct TraceParent {
    /// 32 hexadecimal digits, not all zero.
    package var traceID: String
    /// 16 hexadecimal digits, not all zero: the span that called us.
    package var parentID: String

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
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
