import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Names of one request: its own id, and the trace it belongs to.
struct RequestIdentity {
    /// The caller's `X-Request-ID`, or one of ours.
    var id: String
    /// The caller's place in the trace, out of a W3C `traceparent`; nil if the trace begins here.
    var parent: TraceParent?
    /// Our own place in it.
    var trace: TraceContext

    /// Reads the names out of the headers; an id that is missing or not fit for a log line is replaced.
    init(_ headers: HTTPFields) {
        if let given = headers[.requestID], Self.isFit(given) {
            id = given
        } else {
            id = Self.next()
        }
        parent = headers[.traceParent].flatMap(TraceParent.init)
        trace = TraceContext(below: parent)
    }

    /// What log lines of the request carry.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["request_id": .string(id)]
        metadata["trace_id"] = .string(trace.traceID)
        metadata["span_id"] = .string(trace.spanID)
        if let parent { metadata["parent_id"] = .string(parent.parentID) }
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
