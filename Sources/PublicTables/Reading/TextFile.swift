import Core
import Features
import FoundationEssentials

/// A text file, plain or packed with gzip.
enum TextFile {
    /// The file at `path`, or the packed one at `path.gz`; nil if there is neither.
    static func find(_ path: String) -> String? {
        [path, path + ".gz"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The bytes of the text.
    ///
    /// - Throws: `notFound` or `system` if the file cannot be read, `corrupted` if it is damaged gzip.
    /// - Complexity: O(bytes), all of them in memory
    static func read(_ path: String) throws -> [UInt8] {
        let file = try MappedFile(path)
        return try withExtendedLifetime(file) {
            let bytes = file.bytes
            guard bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B else { return Array(bytes) }
            return try unpack(bytes, path: path)
        }
    }

    /// All members of a gzip file (RFC 1952), one after the other.
    private static func unpack(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws -> [UInt8] {
        let damaged = MartletError(
            .corrupted, "\(path) is damaged gzip", hint: "get the file again, and compare its size")
        func word(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) } }
        var text: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard let start = dataStart(bytes, from: place) else { throw damaged }
            let expected = Int(word(bytes.count - 4))
            guard let (part, end) = Inflate.unpack(bytes, from: start, expected: expected), end + 8 <= bytes.count,
                word(end) == checksum(part), word(end + 4) == UInt32(truncatingIfNeeded: part.count)
            else { throw damaged }
            text = text.isEmpty ? part : text + part
            place = end + 8
        }
        return text
    }

    /// Where the packed data of the member at `start` begin.
    private static func dataStart(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard bytes.count - start >= 18, bytes[start] == 0x1F, bytes[start + 1] == 0x8B, bytes[start + 2] == 8 else {
            return nil
        }
        let flags = bytes[start + 3]
        var place = start + 10
        if flags & 4 != 0 { place += 2 + Int(bytes[place]) + Int(bytes[place + 1]) << 8 }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            while place < bytes.count, bytes[place] != 0 { place += 1 }
            place += 1
        }
        if flags & 2 != 0 { place += 2 }
        return place < bytes.count ? place : nil
    }

    /// CRC-32 as gzip has it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var table = [UInt32](repeating: 0, count: 256)
        for start in table.indices {
            var value = UInt32(start)
            for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
            table[start] = value
        }
        var sum = ~UInt32(0)
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
        return ~sum
    }
}
