import Core
import FoundationEssentials

/// Folders, made and asked for.
enum Folder {
    /// Makes the folder at `path` and those above it.
    ///
    /// - Throws: `system` or `outOfSpace` if the system refuses.
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw MartletError(.system, "cannot make the folder \(path)", underlying: error)
        }
    }

    /// Whether something is at `path`.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
