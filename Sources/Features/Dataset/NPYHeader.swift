import Core

/// The head of a `.npy` file: the type of its values, how many there are, and where they begin.
///
/// Format: `\x93NUMPY`, version, header length, then a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }` padded with spaces and ended by a newline
/// (NumPy Enhancement Proposal 1). Only what a column needs is read: one dimension, little-endian numbers.
package struct NPYHeader: Equatable, Sendable {
    /// The type of the values, in numpy's words: `<f4`, `<i8`, `|u1`.
    package var descriptor: String
    /// How many values there are.
    package var count: Int
    /// Where the first value stands in the file, in bytes.
    package var dataOffset: Int

    /// Every header that we write takes this many bytes, so that the count can be put in when it is known.
    package static let writtenLength = 128
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Bytes of one value by descriptor; anything else is refused.
    private static let widths: [String: Int] = [
        "|b1": 1, "|u1": 1, "|i1": 1, "<i4": 4, "<u4": 4, "<i8": 8, "<u8": 8, "<f4": 4, "<f8": 8,
    ]

    /// Bytes of one value.
    package var width: Int { Self.widths[descriptor]! }

    /// The header of `count` values, exactly ``writtenLength`` bytes.
    package static func encode(descriptor: String, count: Int) -> [UInt8] {
        precondition(widths[descriptor] != nil, "no .npy type \(descriptor)")
        var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(count),), }"
        let dictionaryLength = writtenLength - 10
        text += String(repeating: " ", count: dictionaryLength - 1 - text.utf8.count) + "\n"
        return magic + [1, 0, UInt8(dictionaryLength & 255), UInt8(dictionaryLength >> 8)] + Array(text.utf8)
    }

    /// Reads the header of a whole file's bytes and holds its promise against the file's length.
    ///
    /// - Parameter path: what messages call the file.
    /// - Throws: `corrupted` if the header is damaged or the file is shorter or longer than it says; `invalidData`
    ///   for arrays that are no columns (several dimensions, big-endian, objects, texts).
    package init(parsing file: UnsafeBufferPointer<UInt8>, path: String) throws {
        guard file.count >= 10, file.prefix(6).elementsEqual(Self.magic) else {
            throw MartletError(.corrupted, "\(path) is no .npy file", hint: "build the dataset again")
        }
        let major = file[6]
        let lengthBytes = major == 1 ? 2 : 4
        guard (1...3).contains(major), file.count >= 8 + lengthBytes else {
            throw MartletError(.corrupted, "\(path) has .npy version \(major), expected 1, 2 or 3")
        }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(file[8 + $1]) << (8 * $1) }
        let start = 8 + lengthBytes
        guard length <= 65_536, start + length <= file.count else {
            throw MartletError(.corrupted, "\(path) is cut off within its header", hint: "build the dataset again")
        }
        let text = file[start..<start + length]
        guard text.allSatisfy({ $0 < 0x80 }) else {
            throw MartletError(.corrupted, "the header of \(path) is not ASCII text")
        }
        var scanner = NPYDictionaryScanner(bytes: Array(text), path: path)
        let entries = try scanner.scan()
        guard Self.widths[entries.descriptor] != nil else {
            throw MartletError(
                .invalidData, "\(path) holds values of type '\(entries.descriptor)', which is no column's type",
                hint: "a column holds little-endian integers, reals or truth values")
        }
        guard entries.shape.count == 1, let count = entries.shape.first else {
            throw MartletError(
                .invalidData, "\(path) has \(entries.shape.count) dimensions, a column has one")
        }
        descriptor = entries.descriptor
        self.count = count
        dataOffset = start + length
        let (size, overflow) = count.multipliedReportingOverflow(by: Self.widths[descriptor]!)
        guard !overflow, size == file.count - dataOffset else {
            throw MartletError(
                .corrupted,
                "\(path) promises \(count) values of type \(descriptor) and holds \(file.count - dataOffset) bytes",
                hint: "the file was cut off or changed; build the dataset again")
        }
    }
}
