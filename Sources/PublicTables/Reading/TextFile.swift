import CZlib
import Core
import FoundationEssentials

/// A text file, plain or packed with gzip.
enum TextFile {
    /// The file at `path`, or the packed one at `path.gz`; nil if there is neither.
    static func find(_ path: String) -> String? {
        [path, path + ".gz"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The bytes of the text.
    ///
    /// - Throws: `notFound` if the file cannot be opened, `corrupted` if it is damaged gzip or ends too early.
    /// - Complexity: O(bytes), all of them in memory
    static func read(_ path: String) throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path), let file = gzopen(path, "rb") else {
            throw MartletError(.notFound, "cannot open \(path)", hint: "name a file that can be read")
        }
        defer { _ = gzclose(file) }
        gzbuffer(file, 1 << 17)
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = gzread(file, &part, UInt32(part.count))
            var status = Z_OK
            let message = gzerror(file, &status)
            // A file that ends in the middle gives its last bytes and only then says so, as Z_BUF_ERROR.
            guard count >= 0, status == Z_OK || status == Z_STREAM_END else {
                throw MartletError(
                    .corrupted, "\(path) is damaged gzip: \(message.map { String(cString: $0) } ?? "unreadable")",
                    hint: "get the file again, and compare its size")
            }
            if count == 0 { return text }
            text += part[..<Int(count)]
        }
    }
}
