import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A DuckDB file in the temporary folder that lives for one delivery to a warehouse that cannot read files.
///
/// Its name says which process it belongs to, so that what a process leaves that was killed is removed by the next one.
struct StagingFile {
    private static let prefix = "martlet-load-"

    /// Where it lies.
    let path: String

    /// Chooses a name, and removes the files of processes that have ended.
    init() {
        let folder = FileManager.default.temporaryDirectory.path
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard name.hasPrefix(Self.prefix), let owner = Self.owner(of: name), Self.hasEnded(owner) else { continue }
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        path = "\(folder)/\(Self.prefix)\(getpid())-\(UUID().uuidString).duckdb"
    }

    /// Removes the file and what DuckDB keeps beside it.
    func remove() {
        for ending in ["", ".wal", ".tmp"] { try? FileManager.default.removeItem(atPath: path + ending) }
    }

    private static func owner(of name: String) -> pid_t? {
        name.dropFirst(prefix.count).split(separator: "-").first.flatMap { pid_t($0) }
    }

    private static func hasEnded(_ process: pid_t) -> Bool { process > 0 && kill(process, 0) != 0 && errno == ESRCH }
}
