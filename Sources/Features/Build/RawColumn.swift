import Core

/// A column of a table as it came, kept in memory until everything that is learned from it is known.
final class RawColumn {
    let name: String
    let table: String
    let type: ElementType
    let isList: Bool
    private let reals = GrowableBuffer<Double>()
    private let integers = GrowableBuffer<Int64>()
    private let texts = TextCodes()
    private var bounds: GrowableBuffer<Int64>?

    init(_ schema: ColumnSchema, table: String) {
        name = schema.name
        self.table = table
        type = schema.type
        isList = schema.isList
        if isList {
            bounds = GrowableBuffer()
            bounds?.append(0)
        }
    }

    /// Appends the batches of one group.
    func append(_ columns: [Column]) throws {
        for column in columns where column.type != type || (column.listOffsets != nil) != isList {
            throw MartletError(.invalidData, "column '\(name)' of '\(table)' changes its type from batch to batch")
        }
        if type == .string, !isList {
            texts.append(columns)
            return
        }
        for column in columns {
            let values = FeatureColumn(column, rows: 0..<column.count)
            if let bounds, let lists = values.bounds {
                let start = bounds.values[bounds.count - 1]
                for end in lists.dropFirst() { bounds.append(start + Int64(end)) }
            }
            switch values.values {
            case .real(let numbers): numbers.withUnsafeBufferPointer { reals.append(contentsOf: $0) }
            case .integer(let numbers), .moment(let numbers):
                numbers.withUnsafeBufferPointer { integers.append(contentsOf: $0) }
            case .text(let column): texts.append([column])
            case .code: preconditionFailure("tables hold no codes")
            }
        }
    }

    /// The whole column; nothing may be appended afterwards.
    func freeze() -> FrozenColumn {
        let storage: FrozenColumn.Storage
        switch FeatureKind(type) {
        case .real: storage = .real(reals.freeze())
        case .integer, .code: storage = .integer(integers.freeze())
        case .moment: storage = .moment(integers.freeze(), scale: 1)
        case .text:
            let entries = texts.texts.freeze()
            storage = .text(texts.codes.freeze(), offsets: entries.offsets, bytes: entries.bytes)
        }
        return FrozenColumn(name: name, table: table, storage: storage, bounds: bounds?.freeze())
    }
}
