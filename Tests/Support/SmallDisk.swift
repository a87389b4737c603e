import Foundation

/// A small disk, mounted for one test: what "the disk is full" truly does. Only root may mount one.
package final class SmallDisk: Sendable {
    /// Whether this process may mount one; tests that need it are skipped otherwise.
    package static let isAvailable = (try? SmallDisk(kilobytes: 64)) != nil

    /// Where it is mounted.
    package let path: String

    /// Mounts one.
    package init(kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/martlet-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
    }

    /// Mounts one.
    package convenience init(megabytes: Int) throws { try self.init(kilobytes: megabytes << 10) }

    deinit {
        try? Self.run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names of all files on it, sorted.
    package var files: [String] { (FileManager.default.subpaths(atPath: path) ?? []).sorted() }

    /// Makes room.
    package func grow(toKilobytes kilobytes: Int) throws {
        try Self.run("mount", ["-o", "remount,size=\(kilobytes)k", path])
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }
}
