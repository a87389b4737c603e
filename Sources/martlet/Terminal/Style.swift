import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard output or standard error.
enum OutputStream: Sendable {
    case standardOutput
    case standardError

    var descriptor: Int32 { self == .standardOutput ? STDOUT_FILENO : STDERR_FILENO }

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether colours may be used: a terminal, and `NO_COLOR` is unset or empty (https://no-color.org).
    var takesColor: Bool {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        return isTerminal && !refused && !dumb
    }
}

/// Writes one line; a closed pipe is not an error of ours.
func writeLine(_ text: String, to stream: OutputStream) { writeText(text + "\n", to: stream) }

/// Writes text as it is.
func writeText(_ text: String, to stream: OutputStream) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
        let count = bytes[done...].withUnsafeBytes { write(stream.descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            return
        }
        done += count
    }
}

/// Colours, where they may be used.
struct Style: Sendable {
    let isColored: Bool

    init(for stream: OutputStream) { isColored = stream.takesColor }

    func failure(_ text: String) -> String { paint(text, "1;31") }
    func success(_ text: String) -> String { paint(text, "32") }
    func faint(_ text: String) -> String { paint(text, "2") }
    func strong(_ text: String) -> String { paint(text, "1") }

    private func paint(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
