import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a process took of the machine.
///
/// Of a step in a process of its own it is that step's; of a step beside others in one process it is the process's
/// during the step.
public struct SystemUse: Sendable, Hashable {
    /// Seconds of processor time, over all threads.
    public var cpuSeconds: Double
    /// The most memory that the process ever held, in bytes.
    public var peakMemory: Int64
    /// Bytes that it read through the system, files that are mapped left out; nil where the system does not say.
    public var bytesRead: Int64?
    /// Bytes of it that had to come from a disk, mapped files too.
    public var diskRead: Int64?

    /// Makes a record of use.
    public init(cpuSeconds: Double, peakMemory: Int64, bytesRead: Int64? = nil, diskRead: Int64? = nil) {
        self.cpuSeconds = cpuSeconds
        self.peakMemory = peakMemory
        self.bytesRead = bytesRead
        self.diskRead = diskRead
    }

    /// What this process took so far.
    public static var now: SystemUse {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
        }
        #if canImport(Darwin)
        let peak = Int64(usage.ru_maxrss)
        #else
        // What the kernel counts in `ru_maxrss` a child inherits from the process that started it.
        let peak = Self.peak ?? Int64(usage.ru_maxrss) * 1024
        #endif
        let counts = Self.counts
        return SystemUse(
            cpuSeconds: seconds, peakMemory: peak, bytesRead: counts["rchar"], diskRead: counts["read_bytes"])
    }

    /// Since an earlier moment; the peak stays the process's.
    public func since(_ earlier: SystemUse) -> SystemUse {
        SystemUse(
            cpuSeconds: cpuSeconds - earlier.cpuSeconds, peakMemory: peakMemory,
            bytesRead: bytesRead.flatMap { now in earlier.bytesRead.map { now - $0 } },
            diskRead: diskRead.flatMap { now in earlier.diskRead.map { now - $0 } })
    }

    /// Memory that this process holds now, in bytes; nil where the system does not say.
    static var residentMemory: Int64? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int64(fields[1]).map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static var peak: Int64? { numbers(in: "/proc/self/status")["VmHWM"].map { $0 * 1024 } }

    private static var counts: [String: Int64] { numbers(in: "/proc/self/io") }

    /// `name: number` for each line of a file that looks so; what stands behind the number is left out.
    private static func numbers(in path: String) -> [String: Int64] {
        guard let data = FileManager.default.contents(atPath: path) else { return [:] }
        var numbers: [String: Int64] = [:]
        for line in data.split(separator: 10) {
            let fields = line.split { $0 == 32 || $0 == 9 }
            guard fields.count >= 2, fields[0].last == 58 else { continue }
            numbers[String(decoding: fields[0].dropLast(), as: UTF8.self)] = Int64(
                String(decoding: fields[1], as: UTF8.self))
        }
        return numbers
    }
}
