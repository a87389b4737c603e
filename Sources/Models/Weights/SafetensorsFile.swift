import Core
import FoundationEssentials

/// A safetensors file, read whole; every promise of its header is checked before a byte of data is used.
package struct SafetensorsFile: Sendable {
    /// The texts under `__metadata__`.
    package var metadata: [String: String]
    /// The tensors by name.
    package private(set) var tensors: [String: StoredTensor]
    private let path: String

    /// The longest header that is read, as in the reference implementation: 100 MB.
    private static let longestHeader = 100_000_000

    /// Reads the file at `path`.
    ///
    /// - Throws: `notFound`, or `corrupted` if the file is truncated, or a size, type, shape or byte range in its
    ///   header is impossible: ranges must cover the data without gap or overlap and fit the shapes.
    package init(path: String) throws {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            throw MartletError(.notFound, "there is no file \(path)")
        }
        let data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        let entries = try Self.header(data, path: path)
        metadata = entries.metadata
        tensors = [:]
        let base = data.startIndex + entries.dataStart
        for entry in entries.tensors {
            let bytes = data[base + entry.range.lowerBound..<base + entry.range.upperBound]
            let values: StoredTensor.Values =
                switch entry.type {
                case "I32": .int32(Self.copy(bytes, as: Int32.self))
                case "I64": .int64(Self.copy(bytes, as: Int64.self))
                default: .float(Self.copy(bytes, as: Float.self))
                }
            tensors[entry.name] = StoredTensor(entry.name, shape: entry.shape, values)
        }
    }

    /// The reals named `name`, which must have `shape`; a nil length in `shape` takes any.
    ///
    /// - Throws: `corrupted` if there is no such tensor.
    package func floats(_ name: String, shape: [Int?]) throws -> [Float] {
        guard let tensor = tensors[name] else { throw Self.fault("has no tensor '\(name)'", path) }
        guard case .float(let values) = tensor.values, tensor.shape.count == shape.count,
            zip(tensor.shape, shape).allSatisfy({ $1 == nil || $0 == $1 })
        else {
            let wanted = shape.map { $0.map(String.init) ?? "any" }.joined(separator: " × ")
            throw Self.fault("has '\(name)' of shape \(tensor.shape), where F32 \(wanted) is needed", path)
        }
        return values
    }

    /// The 32-bit integers named `name`, in one dimension.
    ///
    /// - Throws: `corrupted` if there is no such tensor.
    package func integers(_ name: String) throws -> [Int32] {
        guard let tensor = tensors[name], case .int32(let values) = tensor.values, tensor.shape.count == 1 else {
            throw Self.fault("has no one-dimensional I32 tensor '\(name)'", path)
        }
        return values
    }

    /// The 64-bit integers named `name`, in one dimension.
    ///
    /// - Throws: `corrupted` if there is no such tensor.
    package func longIntegers(_ name: String) throws -> [Int64] {
        guard let tensor = tensors[name], case .int64(let values) = tensor.values, tensor.shape.count == 1 else {
            throw Self.fault("has no one-dimensional I64 tensor '\(name)'", path)
        }
        return values
    }

    /// The metadata text `key` read as JSON.
    ///
    /// - Throws: `corrupted` if there is none.
    package func json(_ key: String) throws -> JSONValue {
        guard let text = metadata[key] else { throw Self.fault("has no metadata '\(key)'", path) }
        do {
            return try JSONValue(parsing: text, source: "metadata '\(key)' of \(path)")
        } catch {
            throw Self.fault("has metadata '\(key)' that is no JSON", path)
        }
    }
}

// MARK: - The header

extension SafetensorsFile {
    /// One tensor as the header describes it; `range` counts from the first byte of data.
    private struct Entry {
        var name: String
        var type: String
        var shape: [Int]
        var range: Range<Int>
    }

    private static func fault(_ what: String, _ path: String) -> MartletError {
        MartletError(
            .corrupted, "\(path) \(what)", hint: "train the model again, or copy the file again from where it came")
    }

    private static func header(
        _ data: Data, path: String
    ) throws -> (tensors: [Entry], metadata: [String: String], dataStart: Int) {
        guard data.count >= 8 else { throw fault("is too short for a safetensors file", path) }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(longestHeader), Int(length) <= data.count - 8 else {
            throw fault("promises a header of \(length) bytes in a file of \(data.count)", path)
        }
        let text = data[data.startIndex + 8..<data.startIndex + 8 + Int(length)]
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: text), case .object(var members) = json else {
            throw fault("has a header that is no JSON object", path)
        }
        var metadata: [String: String] = [:]
        if let texts = members.removeValue(forKey: "__metadata__") {
            guard let object = texts.object, object.values.allSatisfy({ $0.string != nil }) else {
                throw fault("has metadata that is not text", path)
            }
            metadata = object.mapValues { $0.string! }
        }
        let entries = try members.map { try entry($0.key, $0.value, path: path) }
            .sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        let dataStart = 8 + Int(length)
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw fault("has a gap or an overlap before tensor '\(entry.name)'", path)
            }
            end = entry.range.upperBound
        }
        guard end == data.count - dataStart else {
            throw fault("holds \(data.count - dataStart) bytes of data where its header promises \(end)", path)
        }
        return (entries, metadata, dataStart)
    }

    private static func entry(_ name: String, _ value: JSONValue, path: String) throws -> Entry {
        guard let type = value["dtype"]?.string, let width = ["F32": 4, "I32": 4, "I64": 8][type] else {
            throw fault("has tensor '\(name)' of a type other than F32, I32 and I64", path)
        }
        guard let lengths = value["shape"]?.array?.map({ exact($0) }), !lengths.contains(nil),
            let bounds = value["data_offsets"]?.array?.map({ exact($0) }), bounds.count == 2,
            let lower = bounds[0], let upper = bounds[1], lower <= upper
        else { throw fault("has an impossible shape or byte range for tensor '\(name)'", path) }
        let shape = lengths.compactMap { $0 }
        var size = width
        for length in shape {
            let product = size.multipliedReportingOverflow(by: length)
            guard !product.overflow else { throw fault("has tensor '\(name)' of impossible size", path) }
            size = product.partialValue
        }
        guard size == upper - lower else {
            throw fault("gives tensor '\(name)' of shape \(shape) \(upper - lower) bytes instead of \(size)", path)
        }
        return Entry(name: name, type: type, shape: shape, range: lower..<upper)
    }

    /// A whole number that is not negative; nil for anything else.
    private static func exact(_ value: JSONValue) -> Int? {
        if case .integer(let number) = value, number >= 0 { Int(number) } else { nil }
    }

    private static func copy<Element: BitwiseCopyable>(_ bytes: Data, as type: Element.Type) -> [Element] {
        [Element](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Element>.stride) { buffer, count in
            _ = bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            count = buffer.count
        }
    }
}
