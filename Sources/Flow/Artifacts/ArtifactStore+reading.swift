import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ArtifactStore {
    /// The path at which an artifact can be opened, read-only, after a check that does not read its bytes.
    ///
    /// A file whose seal is broken is hashed: if its bytes are right it is sealed again. A missing tree is linked
    /// anew from its objects.
    ///
    /// - Throws: `corrupted` if bytes have changed, `notFound` if they are gone.
    /// - Complexity: O(files in the artifact), if no seal is broken.
    public func path(of artifact: Artifact) throws -> String {
        switch artifact.kind {
        case .file:
            let path = objectPath(artifact.digest)
            try check(file: path, artifact.digest, artifact.size, what: "artifact '\(artifact.name)'")
            return path
        case .folder:
            let manifest = try manifest(artifact.digest, name: artifact.name)
            let path = treePath(artifact.digest)
            if (try? FileStatus(path)) == nil { try rebuild(path, manifest) }
            try check(tree: path, manifest)
            return path
        }
    }

    /// Reads every byte of an artifact and compares it with its digest.
    ///
    /// - Throws: `corrupted` or `notFound`.
    /// - Complexity: O(bytes)
    public func verify(_ artifact: Artifact) throws {
        let path = try path(of: artifact)
        switch artifact.kind {
        case .file: try verify(file: path, artifact.digest, what: "artifact '\(artifact.name)'")
        case .folder:
            for file in try manifest(artifact.digest, name: artifact.name).files {
                try verify(file: "\(path)/\(file.path)", file.digest, what: "'\(file.path)' in '\(artifact.name)'")
                try verify(file: objectPath(file.digest), file.digest, what: "the object of '\(file.path)'")
            }
        }
    }

    /// What a folder artifact holds.
    ///
    /// - Throws: `corrupted` or `notFound`.
    public func manifest(_ digest: Digest, name: String) throws -> FolderManifest {
        let path = objectPath(digest)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MartletError(
                .notFound, "the manifest of artifact '\(name)' is gone from \(path)",
                hint: "run the flow again: the step will be repeated")
        }
        let text = String(decoding: data, as: UTF8.self)
        guard Digest(of: text) == digest else { throw corrupted("the manifest of artifact '\(name)'", path) }
        return try FolderManifest(parsing: text, path: path)
    }

    func check(tree path: String, _ manifest: FolderManifest) throws {
        for file in manifest.files {
            try check(file: "\(path)/\(file.path)", file.digest, file.size, what: "'\(file.path)'")
        }
    }

    private func check(file path: String, _ digest: Digest, _ size: Int64, what: String) throws {
        guard let status = try? FileStatus(path) else {
            throw MartletError(
                .notFound, "\(what) is gone from \(path)", hint: "run the flow again: the step will be repeated")
        }
        guard status.kind == .file, status.size == size else { throw corrupted(what, path) }
        if status.isSealed { return }
        try verify(file: path, digest, what: what)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // On a read-only disk the seal stays broken, and the next check hashes again.
        try? setSeal(descriptor, path)
    }

    private func verify(file path: String, _ digest: Digest, what: String) throws {
        guard try Digest(file: path) == digest else { throw corrupted(what, path) }
    }

    private func rebuild(_ path: String, _ manifest: FolderManifest) throws {
        let scratch = Folders.scratchName(beside: path)
        do {
            try Folders.make(scratch)
            for folder in manifest.folders { try Folders.make("\(scratch)/\(folder)") }
            for file in manifest.files {
                let (object, place) = (objectPath(file.digest), "\(scratch)/\(file.path)")
                if link(object, place) != 0 { try Folders.copy(object, to: place) }
            }
        } catch {
            try? Folders.remove(scratch)
            throw error
        }
        if rename(scratch, path) != 0 {
            let number = errno
            try? Folders.remove(scratch)
            // Another process was quicker.
            if number != ENOTEMPTY && number != EEXIST {
                throw systemError("cannot write \(path)", number: number)
            }
        }
    }

    private func corrupted(_ what: String, _ path: String) -> MartletError {
        MartletError(
            .corrupted, "\(what) does not hold what was stored (\(path))",
            hint: "run the flow again: the step will be repeated and the file replaced")
    }
}
