import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files and folders addressed by what they hold.
///
/// `objects/ab/cdef…` holds each file once, under its SHA-256. A folder is an object too: its manifest. So that a
/// folder can be opened as a folder, `trees/ab/cdef…` holds it as hard links to its objects. Storing moves and links,
/// never copies (save on a file system without hard links). A stored file is *sealed*: read-only, with one fixed
/// modification time, so that any later write to it shows without reading it.
public struct ArtifactStore: Sendable {
    /// The store's folder; a step's output must lie on the same file system.
    public let folder: String

    /// The modification time of every sealed file, in seconds since 1970.
    static let sealTime = 1_000_000_000

    /// Opens a store, making its folders where they are missing.
    ///
    /// - Throws: `system` or `outOfSpace` if the folders cannot be made.
    public init(folder: String) throws {
        self.folder = folder
        for part in ["objects", "trees"] { try Folders.make("\(folder)/\(part)") }
    }

    /// Where the object with this digest lies, or would lie.
    public func objectPath(_ digest: Digest) -> String {
        "\(folder)/objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
    }

    /// Where the folder with this manifest's digest lies, or would lie.
    public func treePath(_ digest: Digest) -> String {
        "\(folder)/trees/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
    }

    /// Moves the file or folder at `path` into the store.
    ///
    /// - Throws: `notFound` if nothing is there, `invalidData` if it holds something that is neither file nor folder,
    ///   `outOfSpace` or `system` if the file system refuses.
    /// - Complexity: O(bytes), one pass of hashing.
    public func store(_ path: String, name: String) throws -> Artifact {
        let status = try FileStatus(path)
        switch status.kind {
        case .file:
            let (digest, size) = try storeFile(path)
            return Artifact(name: name, kind: .file, digest: digest, size: size)
        case .folder:
            return try storeFolder(path, name: name)
        case .other:
            throw MartletError(
                .invalidData, "artifact '\(name)' is neither a file nor a folder",
                hint: "write a file or a folder at the path that output(_:) gave")
        }
    }

    private func storeFile(_ path: String) throws -> (Digest, Int64) {
        let (digest, size) = try seal(path)
        let destination = objectPath(digest)
        try Folders.make(Folders.parent(of: destination))
        // Replaces an object that is there: the same bytes, unless it was damaged, and then this repairs it.
        guard rename(path, destination) == 0 else { throw systemError("cannot put \(path) into the store") }
        return (digest, size)
    }

    private func storeFolder(_ path: String, name: String) throws -> Artifact {
        var manifest = FolderManifest()
        try walk(path, prefix: "", into: &manifest, artifact: name)
        let text = manifest.text
        let digest = Digest(of: text)
        let scratch = "\(path).manifest"
        try AtomicFile.write(text, to: scratch)
        _ = try storeFile(scratch)
        let destination = treePath(digest)
        try Folders.make(Folders.parent(of: destination))
        try Folders.flush(path)
        if rename(path, destination) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST else {
                throw systemError("cannot put \(path) into the store")
            }
            if (try? check(tree: destination, manifest)) == nil {
                try replaceTree(destination, with: path)
            } else {
                try Folders.remove(path)
            }
        }
        return Artifact(name: name, kind: .folder, digest: digest, size: manifest.size)
    }

    /// Seals and links each file below `path`, and enters it in the manifest.
    private func walk(_ path: String, prefix: String, into manifest: inout FolderManifest, artifact: String) throws {
        for entry in try Folders.list(path) {
            let (full, relative) = ("\(path)/\(entry)", prefix + entry)
            switch try FileStatus(full).kind {
            case .file:
                let (digest, size) = try seal(full)
                try shareObject(full, digest, size)
                try manifest.add(file: relative, digest: digest, size: size)
            case .folder:
                try manifest.add(folder: relative)
                try walk(full, prefix: relative + "/", into: &manifest, artifact: artifact)
                try Folders.flush(full)
            case .other:
                throw MartletError(
                    .invalidData, "artifact '\(artifact)' holds '\(relative)', which is neither a file nor a folder",
                    hint: "write the file itself instead of a link to it")
            }
        }
    }

    /// Makes the object and the file of a tree one and the same file.
    private func shareObject(_ path: String, _ digest: Digest, _ size: Int64) throws {
        let object = objectPath(digest)
        try Folders.make(Folders.parent(of: object))
        if link(path, object) == 0 { return }
        switch errno {
        case EEXIST:
            if isSealed(object, size: size) {
                // The same bytes are there: let the tree point at them and give the new copy's space back.
                let spare = Folders.scratchName(beside: path)
                if link(object, spare) == 0 {
                    guard rename(spare, path) == 0 else { throw systemError("cannot link \(path)") }
                }
            } else {
                let spare = Folders.scratchName(beside: object)
                guard link(path, spare) == 0, rename(spare, object) == 0 else {
                    throw systemError("cannot repair \(object)")
                }
            }
        case EPERM, EMLINK, ENOTSUP:
            // No hard links here (or too many to one file): the object becomes a copy, so that it outlives the tree.
            let spare = Folders.scratchName(beside: object)
            try Folders.copy(path, to: spare)
            _ = try seal(spare)
            guard rename(spare, object) == 0 else { throw systemError("cannot write \(object)") }
        default: throw systemError("cannot link \(path) into the store")
        }
    }

    private func replaceTree(_ destination: String, with path: String) throws {
        let aside = Folders.scratchName(beside: destination)
        guard rename(destination, aside) == 0 else { throw systemError("cannot move \(destination) aside") }
        guard rename(path, destination) == 0 else { throw systemError("cannot write \(destination)") }
        try Folders.remove(aside)
    }

    /// Makes the file read-only, flushes it, hashes it and sets its seal.
    private func seal(_ path: String) throws -> (Digest, Int64) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw systemError("cannot read \(path)") }
        defer { close(descriptor) }
        let digest = try Digest(descriptor: descriptor, path: path)
        try setSeal(descriptor, path)
        guard fsync(descriptor) == 0 else { throw systemError("cannot flush \(path)") }
        return (digest, try FileStatus(path).size)
    }

    func setSeal(_ descriptor: Int32, _ path: String) throws {
        let moment = timespec(tv_sec: ArtifactStore.sealTime, tv_nsec: 0)
        guard fchmod(descriptor, 0o444) == 0, futimens(descriptor, [moment, moment]) == 0 else {
            throw systemError("cannot seal \(path)")
        }
    }

    /// Whether the file has the size and the seal that it was stored with.
    func isSealed(_ path: String, size: Int64) -> Bool {
        guard let status = try? FileStatus(path) else { return false }
        return status.kind == .file && status.size == size && status.isSealed
    }
}
