import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where log lines go.
public struct LogSink: Sendable {
    private let accept: @Sendable (String) -> Void

    /// Hands every line, its line break included, to a closure, which may be called from several threads at once.
    public init(_ accept: @escaping @Sendable (String) -> Void) { self.accept = accept }

    /// Takes one line.
    func write(_ line: String) { accept(line) }

    /// The process's standard error, line by line: lines of different threads never mix.
    public static let standardError = LogSink { line in
        standardErrorLock.withLock { _ in writeAll(line, to: STDERR_FILENO) }
    }

    private static let standardErrorLock = Mutex(())

    /// Writes text to a descriptor; what cannot be written (a closed pipe) is dropped, since there is nobody to tell.
    static func writeAll(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = systemWrite(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    return
                }
                done += count
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
