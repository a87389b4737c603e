import Foundation

/// A disk of a few megabytes, mounted for one test: what "the disk is full" truly does.
final class SmallDisk {
    /// Whether this process may mount one; tests that need it are skipped otherwise.
    static let isAvailable = (try? SmallDisk(megabytes: 1)) != nil

    /// Where it is mounted.
    let path: String

    /// Mounts one.
    init(megabytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/martlet-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
    }

    deinit {
        try? Self.run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names of all files on it, sorted.
    var files: [String] { (FileManager.default.subpaths(atPath: path) ?? []).sorted() }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }
}
