import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Progress as lines on standard error: what begins, what ended, what is worth reading.
public struct LineProgress: ProgressReporting {
    /// Makes a reporter.
    public init() {}
    /// Says nothing; the end says enough.
    public func begin(_ task: String) {}
    /// Says nothing.
    public func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {}
    /// A line.
    public func end(_ task: String, summary: String) { Self.write("\(task): \(summary)") }
    /// A line.
    public func note(_ message: String) { Self.write(message) }

    static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { systemWrite(2, $0.baseAddress!, $0.count) }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
