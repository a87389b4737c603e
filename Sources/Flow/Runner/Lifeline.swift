import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A pipe whose writing end only the parent holds: when it closes, the parent is gone, however it went.
enum Lifeline {
    /// The descriptor on which a child finds the reading end.
    static let descriptor: Int32 = 3
    /// Set in a child's environment.
    static let variable = "MARTLET_FLOW_CHILD"

    /// In a child: end this process as soon as the parent is gone. A step without a parent would race with the same
    /// step of the resumed run.
    static func watch() {
        guard getenv(variable) != nil else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let thread = DispatchQueue(label: "flow.lifeline")
        thread.async {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { _exit(70) }
            }
        }
    }
}
