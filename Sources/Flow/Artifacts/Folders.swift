import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The folder operations that the store needs, with errors that say what and where.
enum Folders {
    /// Makes a folder and those above it; one that is there already is fine.
    static func make(_ path: String) throws {
        if mkdir(path, 0o755) == 0 { return }
        if errno == ENOENT {
            try make(parent(of: path))
            if mkdir(path, 0o755) == 0 { return }
        }
        guard errno == EEXIST else { throw systemError("cannot make the folder \(path)") }
    }

    /// The folder that holds `path`.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The names in a folder, sorted by their bytes.
    static func list(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw systemError("cannot list \(path)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file or a whole folder; nothing there is fine.
    static func remove(_ path: String) throws {
        if unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw systemError("cannot remove \(path)") }
        for name in try list(path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 || errno == ENOENT else { throw systemError("cannot remove \(path)") }
    }

    /// Makes the names in a folder durable.
    static func flush(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { close(descriptor) }
        // Some file systems cannot flush a folder (EINVAL); there the rename itself is durable.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw systemError("cannot flush \(path)") }
    }

    /// A name beside `path` that nothing has.
    static func scratchName(beside path: String) -> String {
        "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
    }

    /// Copies a file's bytes.
    static func copy(_ path: String, to destination: String) throws {
        let input = open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw systemError("cannot read \(path)") }
        defer { close(input) }
        let output = open(destination, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw systemError("cannot write \(destination)") }
        defer { close(output) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(input, buffer.baseAddress!, buffer.count)
            guard count >= 0 else { throw systemError("cannot read \(path)") }
            if count == 0 { return }
            var done = 0
            while done < count {
                let written = write(output, buffer.baseAddress! + done, count - done)
                guard written >= 0 else { throw systemError("cannot write \(destination)") }
                done += written
            }
        }
    }
}

/// What `lstat` says about a path.
struct FileStatus {
    enum Kind { case file, folder, other }

    var kind: Kind
    var size: Int64
    /// Whether the modification time is the store's seal.
    var isSealed: Bool

    init(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw systemError("cannot find \(path)") }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        size = Int64(status.st_size)
        #if canImport(Darwin)
        let modified = status.st_mtimespec
        #else
        let modified = status.st_mtim
        #endif
        isSealed = modified.tv_sec == ArtifactStore.sealTime && modified.tv_nsec == 0
    }
}
