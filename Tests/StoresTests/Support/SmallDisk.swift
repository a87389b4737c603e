import Foundation

/// A disk of some kilobytes, mounted for one test: what "the disk is full" truly does. Only root may mount one.
final class SmallDisk {
    /// Whether this process may mount one; tests that need it are skipped otherwise.
    static let isAvailable = (try? SmallDisk(kilobytes: 64)) != nil

    /// Where it is mounted.
    let path: String

    init(kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/martlet-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
    }

    deinit {
        try? Self.run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Makes room.
    func grow(toKilobytes kilobytes: Int) throws {
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
