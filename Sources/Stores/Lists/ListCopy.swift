import Core
import FoundationEssentials

/// What a reader holds of a version in memory, as the store holds it: the catalogue and the fallbacks, from which a
/// server answers while the store is away, also one that starts meanwhile.
///
/// As a file: pieces of `u64le` length and bytes (the manifest, the moment of the switch, the names of the segments, then
/// their fallbacks and the catalogue's chunks), and behind them the XXH64 of all before it.
struct ListCopy: Sendable {
    /// The version.
    var manifest: ListManifest
    /// Since when it is live, in seconds since 1970.
    var since: Int64
    /// The segments, in the order of ``fallbacks``.
    var segments: [String]
    /// The stored list of each segment.
    var fallbacks: [[UInt8]]
    /// The stored chunks of the catalogue.
    var chunks: [[UInt8]]

    /// Writes the copy to `path`, in place of an older one.
    ///
    /// - Throws: `outOfSpace`, `system`.
    func write(to path: String) throws {
        let names = JSONValue.array(segments.map { .string($0) }).description
        var bytes: [UInt8] = []
        for piece in [try manifest.encoded, Array("\(since)".utf8), Array(names.utf8)] + fallbacks + chunks {
            withUnsafeBytes(of: UInt64(piece.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: piece)
        }
        let checksum = bytes.withUnsafeBytes { XXHash64.hash($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try AtomicFile.write(bytes, to: path)
    }
}

extension ListCopy {
    /// Reads the copy at `path`; nil if there is none.
    ///
    /// - Throws: `corrupted` if the file is damaged.
    init?(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let bytes = Array(data)
        let fault = MartletError(.corrupted, "\(path) is damaged", hint: "remove it: the server writes it anew")
        func number(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) } }
        let end = bytes.count - 8
        guard end >= 0, bytes.withUnsafeBytes({ XXHash64.hash(.init(rebasing: $0[..<end])) }) == number(end) else {
            throw fault
        }
        var pieces: [[UInt8]] = []
        var at = 0
        while at < end {
            guard at + 8 <= end, let length = Int(exactly: number(at)), length <= end - at - 8 else { throw fault }
            pieces.append(Array(bytes[at + 8..<at + 8 + length]))
            at += 8 + length
        }
        guard pieces.count >= 3, let since = Int64(String(decoding: pieces[1], as: UTF8.self)),
            let segments = try JSONValue(parsing: String(decoding: pieces[2], as: UTF8.self), source: path).array?
                .compactMap(\.string), pieces.count >= 3 + segments.count
        else { throw fault }
        manifest = try ListManifest(decoding: pieces[0], name: path)
        self.since = since
        self.segments = segments
        fallbacks = Array(pieces[3..<3 + segments.count])
        chunks = Array(pieces[(3 + segments.count)...])
    }
}
