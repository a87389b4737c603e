import Core
import Synchronization

extension ListPublisher {
    /// Writes what a version holds to a text file: one line an entry, sorted by key, `key`, a tab and the XXH64 of the
    /// value in 16 hexadecimal digits. Two versions hold the same bytes exactly if the files are equal (up to a chance
    /// of 2⁻⁶⁴ for each value).
    ///
    /// Bytes of a key outside of printable ASCII, and `\`, are written as `\xNN`.
    ///
    /// - Parameters:
    ///   - version: the version's number; nil: the live one.
    ///   - path: the file to write; replaced whole.
    /// - Throws: `notFound` if there is no such version.
    /// - Complexity: O(entries · log entries) time, O(keys) memory
    public func dump(version: Int? = nil, to path: String) async throws {
        try names.check()
        guard let number = try await version == nil ? live()?.version : version else {
            throw MartletError(
                .notFound, "nothing is published for '\(shop)' in \(store.summary)",
                hint: "publish first: martlet publish")
        }
        let namespace = try await store.open(namespace: names.namespace(number))
        let lines = LineBox()
        try await namespace.scan { batch in
            var new: [String] = []
            batch.forEach { key, value in new.append("\(Self.printable(key))\t\(hexadecimal(XXHash64.hash(value)))\n") }
            lines.lines.withLock { $0 += new }
        }
        let sorted = lines.lines.withLock { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
        try AtomicFile.write(sorted.joined(), to: path)
    }

    private static func printable(_ key: UnsafeRawBufferPointer) -> String {
        key.reduce(into: "") { text, byte in
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + String(hexadecimal(UInt64(byte)).suffix(2))
            }
        }
    }
}

/// Lines that several tasks may add to.
private final class LineBox: Sendable {
    let lines = Mutex<[String]>([])
}
