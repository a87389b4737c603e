/// A request's own place in a distributed trace: the caller's trace, or one that begins with the request, and a span.
///
/// Source: W3C "Trace Context", levels 1 and 2.
package struct TraceContext: Sendable {
    /// What answers carry as `traceresponse`: `00-TRACE-SPAN-FLAGS`.
    package let header: String

    /// Makes a span, below the caller's if there is one.
    init(below parent: TraceParent?) {
        let span = Self.notZero()
        if let parent {
            header = "00-\(parent.traceID)-\(Self.digits(span))-\(parent.flags)"
        } else {
            // The flag says that the trace's id is random; nobody above asked for it to be recorded.
            header = "00-\(Self.digits(.random(in: 0 ... .max)))\(Self.digits(Self.notZero()))-\(Self.digits(span))-02"
        }
    }

    /// 32 hexadecimal digits.
    package var traceID: String { String(header.dropFirst(3).prefix(32)) }

    /// 16 hexadecimal digits.
    package var spanID: String { String(header.dropFirst(36).prefix(16)) }

    private static func notZero() -> UInt64 { .random(in: 1 ... .max) }

    private static func digits(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 15
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }
}
