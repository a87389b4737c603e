import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that is filled beside its destination and takes its place in one step, so that the destination is at every
/// moment wholly the old one or wholly the new one.
///
/// What a killed process left is removed when the next one writes to the same destination.
package final class ScratchFolder {
    /// The folder to write into.
    package let path: String
    private let destination: String
    private var isOpen = true

    /// Makes an empty folder beside `destination`; missing parents are made too.
    ///
    /// - Throws: `system` or `outOfSpace`.
    package init(for destination: String) throws {
        var destination = destination
        while destination.count > 1, destination.hasSuffix("/") { destination.removeLast() }
        self.destination = destination
        let parent = Self.parent(of: destination)
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        Self.removeLeftovers(of: destination, in: parent)
        path = "\(destination).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
        guard mkdir(path, 0o755) == 0 else { throw systemError("cannot make \(path)") }
    }

    deinit { discard() }

    /// Flushes the files to the disk and puts the folder in place of the destination, which may exist.
    ///
    /// - Throws: `outOfSpace` or `system`; the destination is then as it was.
    /// - Parameter flushing: false for a folder within one that is flushed later.
    package func commit(flushing: Bool = true) throws {
        precondition(isOpen, "a scratch folder is committed once")
        if flushing { try Self.synchronize(path) }
        if rename(path, destination) != 0 {
            guard [ENOTEMPTY, EEXIST, ENOTDIR].contains(errno) else {
                throw systemError("cannot put \(destination) in place")
            }
            let aside = path + ".old.partial"
            guard rename(destination, aside) == 0 else { throw systemError("cannot move \(destination) aside") }
            guard rename(path, destination) == 0 else {
                let error = systemError("cannot put \(destination) in place")
                rename(aside, destination)
                throw error
            }
            try? FileManager.default.removeItem(atPath: aside)
        }
        isOpen = false
        if flushing { try Self.synchronize(Self.parent(of: destination), recursive: false) }
    }

    /// Removes the folder and all in it; the destination stays as it is.
    package func discard() {
        guard isOpen else { return }
        isOpen = false
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func removeLeftovers(of destination: String, in parent: String) {
        let name = destination.split(separator: "/").last.map(String.init) ?? destination
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for entry in entries where entry.hasPrefix(name + ".") && entry.hasSuffix(".partial") {
            let middle = entry.dropFirst(name.count + 1)
            guard let owner = pid_t(middle.prefix { $0.isNumber }), owner != getpid() else { continue }
            // The owner may be at work still; only what a dead process left is ours to remove.
            guard kill(owner, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(entry)")
        }
    }

    private static func synchronize(_ path: String, recursive: Bool = true) throws {
        if recursive {
            for entry in try FileManager.default.contentsOfDirectory(atPath: path) {
                var status = stat()
                guard lstat("\(path)/\(entry)", &status) == 0 else { continue }
                let isFolder = (status.st_mode & S_IFMT) == S_IFDIR
                try synchronize("\(path)/\(entry)", recursive: isFolder)
            }
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemError("cannot flush \(path)") }
    }
}
