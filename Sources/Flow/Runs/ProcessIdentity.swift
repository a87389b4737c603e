import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which process works on a run. A process id alone is not enough: ids are given out again.
struct ProcessIdentity: Hashable, Sendable {
    var id: Int32
    /// When the process began, in the system's ticks since it booted.
    var started: Int64
    var host: String

    /// This process.
    static var current: ProcessIdentity {
        ProcessIdentity(id: getpid(), started: startTime(of: getpid()) ?? 0, host: hostName())
    }

    /// Whether that process still lives. A process on another machine counts as alive: nobody here can tell.
    var isAlive: Bool {
        guard host == ProcessIdentity.hostName() else { return true }
        if let now = ProcessIdentity.startTime(of: id) { return now == started }
        #if canImport(Glibc)
        return false
        #else
        return kill(id, 0) == 0
        #endif
    }

    /// Field 22 of `/proc/PID/stat`, counted after the parenthesised name, which may hold spaces; nil if there is no
    /// such process or it is a zombie.
    private static func startTime(of id: Int32) -> Int64? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return Int64(fields[19])
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
