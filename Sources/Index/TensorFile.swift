import Core

/// A safetensors file, mapped into memory: named tensors one after the other behind a header in JSON.
///
/// Format: <https://huggingface.co/docs/safetensors>
struct TensorFile {
    /// A tensor: its type's name, its shape, and where its bytes are in the file.
    struct Tensor {
        var type: String
        var shape: [Int]
        var range: Range<Int>
    }

    /// What is to be written.
    struct Part {
        var name: String
        var type: String
        var shape: [Int]
        var bytes: UnsafeRawBufferPointer
    }

    let bytes: MappedBytes
    let tensors: [String: Tensor]
    let metadata: [String: String]
    private let path: String

    private static let sizes = ["U8": 1, "I8": 1, "U16": 2, "I16": 2, "I32": 4, "F32": 4, "I64": 8]

    /// Opens a file; every tensor's bytes then lie within it, as many as its shape says.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is cut short or no safetensors file.
    init(_ path: String) throws {
        self.path = path
        bytes = try MappedBytes(path)
        func corrupted(_ what: String) -> MartletError { TensorFile.corrupted(path, what) }
        guard bytes.count >= 8 else { throw corrupted("it is shorter than its header") }
        let length = bytes.pointer.loadUnaligned(as: UInt64.self).littleEndian
        guard length <= UInt64(bytes.count - 8), length <= 1 << 20 else {
            throw corrupted("it is shorter than its header")
        }
        let start = 8 + Int(length)
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes.pointer + 8, count: Int(length)), as: UTF8.self)
        let header = try JSONValue(parsing: text, source: "the header of \(path)")
        guard case .object(let entries) = header else { throw corrupted("its header is no object") }
        var tensors: [String: Tensor] = [:]
        var metadata: [String: String] = [:]
        for (name, value) in entries {
            if name == "__metadata__" {
                guard case .object(let texts) = value else { continue }
                for (key, text) in texts { metadata[key] = text.string }
                continue
            }
            guard let type = value["dtype"]?.string, let size = TensorFile.sizes[type],
                let shape = value["shape"]?.array?.map({ $0.integer ?? -1 }), shape.count <= 4,
                shape.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }),
                let ends = value["data_offsets"]?.array?.map({ $0.integer ?? -1 }), ends.count == 2,
                ends[0] >= 0, ends[1] >= ends[0], ends[1] <= bytes.count - start
            else { throw corrupted("its tensor '\(name)' is not within it") }
            var total = size
            for side in shape {
                let (product, overflows) = total.multipliedReportingOverflow(by: side)
                guard !overflows else { throw corrupted("its tensor '\(name)' is not within it") }
                total = product
            }
            guard total == ends[1] - ends[0], (start + ends[0]) % size == 0 else {
                throw corrupted("its tensor '\(name)' has \(ends[1] - ends[0]) bytes, not the \(total) of its shape")
            }
            tensors[name] = Tensor(type: type, shape: shape, range: start + ends[0]..<start + ends[1])
        }
        (self.tensors, self.metadata) = (tensors, metadata)
    }

    /// The bytes of a tensor of this type and shape.
    ///
    /// - Throws: `corrupted` if there is no such tensor.
    func tensor(_ name: String, _ type: String, _ shape: [Int]) throws -> CellBytes {
        guard let tensor = tensors[name], tensor.type == type, tensor.shape == shape else {
            let found = tensors[name].map { "\($0.type) \($0.shape)" } ?? "nothing"
            throw TensorFile.corrupted(path, "its tensor '\(name)' should be \(type) \(shape), found \(found)")
        }
        return CellBytes(bytes, range: tensor.range)
    }

    static func corrupted(_ path: String, _ what: String) -> MartletError {
        MartletError(.corrupted, "\(path) is no index: \(what)", hint: "make the index again and save it")
    }

    /// Writes tensors, the first at a multiple of 64 bytes.
    ///
    /// - Throws: `outOfSpace` or `system` if it can't be written; what was at `path` is then unharmed.
    static func write(_ parts: [Part], metadata: [String: String], to path: String) throws {
        var entries: [String: JSONValue] = ["__metadata__": .object(metadata.mapValues { .string($0) })]
        var offset = 0
        for part in parts {
            entries[part.name] = [
                "dtype": .string(part.type), "shape": .array(part.shape.map { .integer(Int64($0)) }),
                "data_offsets": [.integer(Int64(offset)), .integer(Int64(offset + part.bytes.count))],
            ]
            offset += part.bytes.count
        }
        var text = Array(JSONValue.object(entries).description.utf8)
        // Spaces at its end are part of the header.
        while (text.count + 8) % 64 != 0 { text.append(UInt8(ascii: " ")) }
        try AtomicFile.write(to: path) { write in
            try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try write($0) }
            try text.withUnsafeBytes { try write($0) }
            for part in parts { try write(part.bytes) }
        }
    }
}
