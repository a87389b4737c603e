import Core
import Crypto
import Foundation

/// The digest of a folder of sources: changes when a file's name or text does.
enum SourceDigest {
    /// SHA-256 over the sorted relative paths and contents, hidden files and dbt's `target` and `logs` left out.
    ///
    /// - Throws: `notFound` if there is no such folder.
    static func ofFolder(_ folder: String) throws -> JSONValue {
        guard let paths = FileManager.default.enumerator(atPath: folder) else {
            throw MartletError(
                .notFound, "the folder \(folder) does not exist", hint: "name the SQL's folder in sql.folder")
        }
        var hash = SHA256()
        for path in paths.compactMap({ $0 as? String }).sorted() where !isLeftOut(path) {
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
            hash.update(data: Data("\(path)\n\(bytes.count)\n".utf8))
            hash.update(data: bytes)
        }
        return .string(hash.finalize().map { String(format: "%02x", $0) }.joined())
    }

    private static func isLeftOut(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0.hasPrefix(".") } || path.hasPrefix("target/")
            || path.hasPrefix("logs/")
    }
}
