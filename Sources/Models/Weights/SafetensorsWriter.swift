import Core

/// Writes tensors in the safetensors format, so that Python's `safetensors` reads them.
///
/// The file is an 8-byte little-endian header length, a JSON header (name → type, shape, byte range; texts under
/// `__metadata__`), padded with spaces to a multiple of eight, and the tensors' bytes without gaps.
package enum SafetensorsWriter {
    /// Writes `tensors` and `metadata` to `path`, in place only when whole.
    ///
    /// - Throws: `outOfSpace` or `system`.
    package static func write(_ tensors: [StoredTensor], metadata: [String: String], to path: String) throws {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "tensor names must be unique")
        // The widest elements first keeps every tensor aligned to its element.
        let ordered = tensors.enumerated().sorted {
            ($1.element.values.width, $0.offset) < ($0.element.values.width, $1.offset)
        }.map(\.element)
        var header: [String: JSONValue] = ["__metadata__": .object(metadata.mapValues { .string($0) })]
        var offset = 0
        for tensor in ordered {
            let end = offset + tensor.values.count * tensor.values.width
            header[tensor.name] = [
                "dtype": .string(tensor.values.type), "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
                "data_offsets": [.integer(Int64(offset)), .integer(Int64(end))],
            ]
            offset = end
        }
        var text = Array(JSONValue.object(header).description.utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        try AtomicFile.write(to: path) { write in
            try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try write($0) }
            try text.withUnsafeBytes { try write($0) }
            for tensor in ordered {
                switch tensor.values {
                case .float(let values): try values.withUnsafeBytes { try write($0) }
                case .int32(let values): try values.withUnsafeBytes { try write($0) }
                case .int64(let values): try values.withUnsafeBytes { try write($0) }
                }
            }
        }
    }
}
