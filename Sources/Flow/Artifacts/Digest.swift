import Core
import Crypto
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A SHA-256 digest: the address of an artifact.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The 64 hexadecimal digits.
    public let hex: String

    /// Takes a digest written as 64 lower-case hexadecimal digits; nil if it is not.
    public init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        self.hex = hex
    }

    /// The digest of a text's UTF-8 bytes.
    public init(of text: String) {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        self.init(hash)
    }

    /// The digest of an open file from its start to its end, read in pieces of 1 MiB.
    ///
    /// - Throws: `system` if the file cannot be read.
    /// - Complexity: O(size) time, O(1) memory.
    init(descriptor: Int32, path: String) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = SHA256()
        while true {
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError("cannot read \(path)")
            }
            if count == 0 { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        self.init(hash)
    }

    /// The digest of the file at `path`.
    ///
    /// - Throws: `notFound`, or `system` if the file cannot be read.
    /// - Complexity: O(size) time, O(1) memory.
    public init(file path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot read \(path)") }
        defer { close(descriptor) }
        try self.init(descriptor: descriptor, path: path)
    }

    private init(_ hash: consuming SHA256) {
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        hex.reserveCapacity(64)
        for byte in hash.finalize() {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        self.hex = String(decoding: hex, as: UTF8.self)
    }

    /// The hexadecimal digits.
    public var description: String { hex }

    /// The first twelve digits, for people.
    public var short: String { String(hex.prefix(12)) }

    /// As its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    /// From its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256 digest")
        }
        self = digest
    }
}
