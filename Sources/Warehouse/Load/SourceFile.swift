import Core
import Crypto
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file of a delivery, known by what it holds.
struct SourceFile: Sendable, Hashable {
    /// Where it lies.
    var path: String
    /// Its size in bytes.
    var bytes: Int
    /// SHA-256 of its bytes, in hexadecimal.
    var hash: String

    /// Reads a file's bytes.
    ///
    /// - Parameter isWanted: asked after every 4 MiB; false ends the reading.
    /// - Throws: `notFound`, or `system` if it cannot be read; `CancellationError` when it is not wanted any more.
    /// - Complexity: O(bytes); memory holds 4 MiB.
    init(path: String, while isWanted: () -> Bool = { true }) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot read \(path)") }
        defer { close(descriptor) }
        var hasher = SHA256()
        var total = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 22, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError("cannot read \(path)")
            }
            if count == 0 { break }
            guard isWanted() else { throw CancellationError() }
            total += count
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        self.path = path
        bytes = total
        hash = hasher.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The size of the file at `path` in bytes.
    ///
    /// - Throws: `notFound`, or `system` if it cannot be looked at.
    static func size(of path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemError("cannot read \(path)") }
        return Int(status.st_size)
    }

    /// The files that paths, glob patterns and folders name, sorted, each once.
    ///
    /// - Throws: `notFound` for a pattern that no file matches.
    static func paths(matching patterns: [String], location: SourceLocation?) throws -> [String] {
        var found: Set<String> = []
        for pattern in patterns {
            let matches = expand(pattern)
            if matches.isEmpty {
                throw MartletError(
                    .notFound, "no file matches \(pattern)",
                    hint: "'files' takes a path, a pattern such as data/*.csv.gz, or a folder", at: location)
            }
            found.formUnion(matches)
        }
        return found.sorted()
    }

    private static func expand(_ pattern: String) -> [String] {
        var isFolder = false
        if FileManager.default.fileExists(atPath: pattern, isDirectory: &isFolder) {
            if !isFolder { return [pattern] }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: pattern)) ?? []
            let endings = [".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet"]
            return names.filter { name in !name.hasPrefix(".") && endings.contains { name.hasSuffix($0) } }
                .map { "\(pattern)/\($0)" }
        }
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
            .flatMap { $0 == pattern ? [] : expand($0) }
    }
}
