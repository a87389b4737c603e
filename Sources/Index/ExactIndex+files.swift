import Core
import Tensor

extension ExactIndex {
    /// Writes the index as one safetensors file with the tensors `vectors` (F32, `N × D`) and `keys` (I32, `N`), which
    /// Python's `safetensors` reads.
    ///
    /// - Throws: `outOfSpace` or `system` if it can't be written; what was at `path` is then unharmed.
    public func save(to path: String) throws {
        let vectorBytes = Int64(count * dimensions * 4)
        let header: JSONValue = [
            "__metadata__": ["format": "martlet-exact-index", "version": "1"],
            "vectors": [
                "dtype": "F32", "shape": [.integer(Int64(count)), .integer(Int64(dimensions))],
                "data_offsets": [0, .integer(vectorBytes)],
            ],
            "keys": [
                "dtype": "I32", "shape": [.integer(Int64(count))],
                "data_offsets": [.integer(vectorBytes), .integer(vectorBytes + Int64(count * 4))],
            ],
        ]
        var text = Array(header.description.utf8)
        // Spaces at its end are part of the header: the vectors begin at a multiple of 64 bytes.
        while (text.count + 8) % 64 != 0 { text.append(UInt8(ascii: " ")) }
        try AtomicFile.write(to: path) { write in
            try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try write($0) }
            try text.withUnsafeBytes { try write($0) }
            try vectors.withUnsafeValues { try write(UnsafeRawBufferPointer($0)) }
            try keys.withUnsafeBytes { try write($0) }
        }
    }

    /// Opens a file that ``save(to:)`` wrote. Its vectors are read through a memory map: several processes share them.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is no index or is cut short.
    public init(loading path: String) throws {
        func corrupted(_ what: String) -> MartletError {
            MartletError(.corrupted, "\(path) is no index: \(what)", hint: "make the index again and save it")
        }
        let bytes = try MappedBytes(path)
        guard bytes.count >= 8 else { throw corrupted("it is shorter than its header") }
        let length = bytes.pointer.loadUnaligned(as: UInt64.self).littleEndian
        guard length <= UInt64(bytes.count - 8) else { throw corrupted("it is shorter than its header") }
        let start = 8 + Int(length)
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes.pointer + 8, count: Int(length)), as: UTF8.self)
        let header = try JSONValue(parsing: text, source: "the header of \(path)")
        guard let shape = header["vectors"]?["shape"]?.array?.compactMap(\.integer), shape.count == 2,
            shape.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }), header["vectors"]?["dtype"]?.string == "F32",
            header["keys"]?["shape"]?.array?.compactMap(\.integer) == [shape[0]],
            header["keys"]?["dtype"]?.string == "I32",
            header["vectors"]?["data_offsets"]?.array?.first?.integer == 0,
            let keyOffset = header["keys"]?["data_offsets"]?.array?.first?.integer
        else { throw corrupted("it has no tensors 'vectors' (F32, N × D) and 'keys' (I32, N)") }
        let numbers = shape[0] * shape[1]
        guard keyOffset == numbers * 4, bytes.count - start == (numbers + shape[0]) * 4 else {
            throw corrupted("it holds \(bytes.count - start) bytes of data for \(shape[0]) vectors of \(shape[1])")
        }
        guard start % 4 == 0 else { throw corrupted("its numbers are not aligned to 4 bytes") }
        let keys = (0..<shape[0]).map { number in
            bytes.pointer.loadUnaligned(fromByteOffset: start + numbers * 4 + number * 4, as: Int32.self)
        }
        guard keys.first ?? 0 >= 0, zip(keys, keys.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw corrupted("its keys do not rise")
        }
        let first = (bytes.pointer + start).assumingMemoryBound(to: Float.self)
        let buffer = Buffer(UnsafeBufferPointer(start: first, count: numbers)) { withExtendedLifetime(bytes) {} }
        self.init(sorted: keys, vectors: Matrix(rows: shape[0], columns: shape[1], reading: buffer))
    }
}
