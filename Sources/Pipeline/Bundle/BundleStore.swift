import Core
import Features
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The folder in which a project's bundles lie, one for each published version: `v7` belongs to version 7 of the lists.
///
/// Which bundle is live is not said here: it is the one of the version of lists that is live, so that one switch turns
/// both.
public struct BundleStore: Sendable {
    /// The folder.
    public let folder: String

    /// Names the folder, which need not exist.
    public init(folder: String) { self.folder = folder }

    /// Where the bundle of a version lies.
    public func path(version: Int) -> String { "\(folder)/v\(version)" }

    /// The versions of which there are bundles, ascending.
    public var versions: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { $0.hasPrefix("v") ? Int($0.dropFirst()) : nil }.sorted()
    }

    /// Puts a bundle together of folders that stand elsewhere; wholly there when the call returns, or not at all.
    ///
    /// Files are linked where the file system can, so that a bundle takes hardly any room of its own.
    ///
    /// - Parameters:
    ///   - manifest: the description; its version says where the bundle goes.
    ///   - pieces: each folder's name in the bundle, and where it stands.
    /// - Throws: `outOfSpace` or `system`.
    public func publish(_ manifest: BundleManifest, pieces: [(name: String, path: String)]) throws {
        let scratch = try ScratchFolder(for: path(version: manifest.version))
        for piece in pieces { try Self.link(piece.path, to: "\(scratch.path)/\(piece.name)") }
        try manifest.write(to: scratch.path)
        try scratch.commit()
    }

    /// Removes the bundles of all versions but these.
    public func prune(keeping versions: Set<Int>) {
        for version in self.versions where !versions.contains(version) {
            try? FileManager.default.removeItem(atPath: path(version: version))
        }
    }

    private static func link(_ from: String, to: String) throws {
        var status = stat()
        guard stat(from, &status) == 0 else { throw systemError("cannot read \(from)") }
        if (status.st_mode & S_IFMT) == S_IFDIR {
            guard mkdir(to, 0o755) == 0 else { throw systemError("cannot make \(to)") }
            for name in try FileManager.default.contentsOfDirectory(atPath: from) {
                try link("\(from)/\(name)", to: "\(to)/\(name)")
            }
        } else if hardLink(from, to) != 0 {
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
    }
}

/// The system's `link`, by a name that no method hides.
private func hardLink(_ from: String, _ to: String) -> Int32 {
    #if canImport(Glibc)
    Glibc.link(from, to)
    #else
    Darwin.link(from, to)
    #endif
}
