import Core

/// Writes one column of a dataset: its values, its bounds, its nulls.
final class ColumnWriter {
    let schema: ColumnSchema
    private let base: String
    private let values: NPYWriter
    private var textBounds: NPYWriter?
    private var listBounds: NPYWriter?
    private var validity: NPYWriter?
    private var byteCount: Int64 = 0
    private var elementCount: Int64 = 0
    private var rows = 0

    init(_ schema: ColumnSchema, folder: String) throws {
        self.schema = schema
        base = "\(folder)/\(DatasetManifest.fileName(for: schema.name))"
        let isText = schema.type == .string
        values = try NPYWriter(
            path: isText ? "\(base).bytes.npy" : "\(base).npy", descriptor: schema.type.npyDescriptor)
        if isText {
            textBounds = try NPYWriter(path: "\(base).offsets.npy", descriptor: "<i8")
            try textBounds?.append([Int64(0)])
        }
        if schema.isList {
            listBounds = try NPYWriter(path: "\(base).lists.npy", descriptor: "<i8")
            try listBounds?.append([Int64(0)])
        }
    }

    func append(_ column: Column) throws {
        guard column.type == schema.type, (column.listOffsets != nil) == schema.isList else {
            throw MartletError(
                .invalidData,
                "column '\(schema.name)' was announced as \(schema.type.rawValue)"
                    + "\(schema.isList ? " lists" : "") and came as \(column.type.rawValue)"
                    + "\(column.listOffsets == nil ? "" : " lists")")
        }
        try appendValidity(column)
        // Lists of a batch may begin anywhere in its values, as slices of a larger batch do.
        let elements: Range<Int>
        if let bounds = column.listOffsets {
            let first = bounds.values.first ?? 0
            elements = Int(first)..<Int(bounds.values.last ?? 0)
            try listBounds?.append(bounds.values.dropFirst().map { $0 - first + elementCount })
            elementCount += Int64(elements.count)
        } else {
            elements = 0..<column.values.count
        }
        try appendValues(column.values, elements)
        rows += column.count
    }

    private func appendValues(_ column: Column.Values, _ range: Range<Int>) throws {
        switch column {
        case .bool(let buffer): try values.append(UnsafeBufferPointer(rebasing: buffer.values[range]))
        case .int32(let buffer): try values.append(UnsafeBufferPointer(rebasing: buffer.values[range]))
        case .int64(let buffer), .timestamp(let buffer):
            try values.append(UnsafeBufferPointer(rebasing: buffer.values[range]))
        case .float32(let buffer): try values.append(UnsafeBufferPointer(rebasing: buffer.values[range]))
        case .float64(let buffer): try values.append(UnsafeBufferPointer(rebasing: buffer.values[range]))
        case .string(let offsets, let bytes):
            let first = offsets.values.isEmpty ? 0 : offsets[range.lowerBound]
            let last = offsets.values.isEmpty ? 0 : offsets[range.upperBound]
            try values.append(UnsafeBufferPointer(rebasing: bytes.values[Int(first)..<Int(last)]))
            let shift = byteCount - first
            try textBounds?.append(range.map { offsets[$0 + 1] + shift })
            byteCount += last - first
        }
    }

    private func appendValidity(_ column: Column) throws {
        guard let buffer = column.validity else {
            try validity?.append(repeating: UInt8(1), count: column.count)
            return
        }
        if validity == nil {
            // The first nulls of the column: all rows before them had values.
            let writer = try NPYWriter(path: "\(base).valid.npy", descriptor: "|b1")
            try writer.append(repeating: UInt8(1), count: rows)
            validity = writer
        }
        try validity?.append(buffer.values)
    }

    func finish() throws -> DatasetManifest.Entry {
        for writer in [values, textBounds, listBounds, validity] { try writer?.finish() }
        return DatasetManifest.Entry(
            column: schema, file: DatasetManifest.fileName(for: schema.name), hasNulls: validity != nil)
    }
}
