import Core

/// What a folder holds, as text with one line per entry, sorted by path: equal folders have equal manifests.
///
/// A file is `digest size path`, a folder `/ 0 path`.
public struct FolderManifest: Sendable, Hashable {
    /// One file of the folder.
    public struct File: Sendable, Hashable {
        /// The path relative to the folder.
        public var path: String
        /// SHA-256 of the bytes.
        public var digest: Digest
        /// How many bytes.
        public var size: Int64
    }

    /// The files.
    public private(set) var files: [File] = []
    /// The folders' relative paths, each after the folder that holds it.
    public private(set) var folders: [String] = []

    /// Bytes in all files.
    public var size: Int64 { files.reduce(0) { $0 + $1.size } }

    init() {}

    mutating func add(file path: String, digest: Digest, size: Int64) throws {
        try FolderManifest.checkPath(path)
        files.append(File(path: path, digest: digest, size: size))
    }

    mutating func add(folder path: String) throws {
        try FolderManifest.checkPath(path)
        folders.append(path)
    }

    /// The canonical text.
    public var text: String {
        let lines =
            files.map { (path: $0.path, line: "\($0.digest) \($0.size) \($0.path)\n") }
            + folders.map { (path: $0, line: "/ 0 \($0)\n") }
        return lines.sorted { $0.path < $1.path }.map(\.line).joined()
    }

    /// Reads a canonical text.
    ///
    /// - Throws: `corrupted` if the text is none.
    public init(parsing text: String, path: String) throws {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            if fields.count == 3, fields[0] == "/" {
                folders.append(String(fields[2]))
            } else if fields.count == 3, let digest = Digest(hex: String(fields[0])), let size = Int64(fields[1]) {
                files.append(File(path: String(fields[2]), digest: digest, size: size))
            } else {
                throw MartletError(.corrupted, "\(path) is no folder manifest")
            }
        }
    }

    private static func checkPath(_ path: String) throws {
        if path.utf8.contains(10) {
            throw MartletError(.invalidData, "a file in an artifact has a line break in its name: '\(path)'")
        }
    }
}
