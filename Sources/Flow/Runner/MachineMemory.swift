import FoundationEssentials

/// How much memory there is to work with.
public enum MachineMemory {
    /// The machine's memory in bytes, or the container's limit where that is less.
    public static var bytes: Int {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap { path in
            (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0.filter { !$0.isWhitespace }) }
        }
        return ([physical] + limits.filter { $0 > 0 }).min()!
    }
}
