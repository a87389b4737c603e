import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The machine that a step ran on.
public enum Machine {
    /// Its name, processor, cores, memory and system.
    public static var facts: [Fact] {
        var system = utsname()
        uname(&system)
        return [
            Fact(.environment, "host", .string(text(of: system.nodename))),
            Fact(.environment, "system", .string("\(text(of: system.sysname)) \(text(of: system.release))")),
            Fact(.environment, "architecture", .string(text(of: system.machine))),
            Fact(.environment, "processor", .string(processor)),
            Fact(.environment, "cores", .integer(Int64(ProcessInfo.processInfo.activeProcessorCount))),
            Fact(.environment, "memory", .integer(Int64(MachineMemory.bytes))),
        ]
    }

    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static let processor: String = {
        guard let data = FileManager.default.contents(atPath: "/proc/cpuinfo") else { return "unknown" }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
        return line.flatMap { $0.split(separator: ":", maxSplits: 1).last }.map { String($0.drop { $0 == " " }) }
            ?? "unknown"
    }()
}
