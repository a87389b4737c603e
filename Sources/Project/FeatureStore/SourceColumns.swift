import Core
import Stores

extension FeatureValue {
    /// Reads a cell of the warehouse as a declared type.
    ///
    /// Whole numbers fit where they fit; a number of single precision takes one of double precision, rounded; a moment
    /// loses what is below a second, as Feast's moments do.
    ///
    /// - Throws: `invalidData` for a cell of another type, or a number that the type cannot hold.
    init(_ column: Column, row: Int, as type: FeatureType) throws(MartletError) {
        if column.isNull(row) {
            self = .null
            return
        }
        guard let offsets = column.listOffsets else {
            guard !type.isList else { throw Self.mismatch(column, type) }
            self = try Self.element(column, row, type)
            return
        }
        guard type.isList else { throw Self.mismatch(column, type) }
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        var elements: [FeatureValue] = []
        elements.reserveCapacity(range.count)
        for index in range { elements.append(try Self.element(column, index, type.element)) }
        guard let list = FeatureValue(elements, as: type) else { throw Self.mismatch(column, type) }
        self = list
    }

    /// Whether a column of the warehouse can be read as a declared type at all.
    static func canRead(_ column: ColumnSchema, as type: FeatureType) -> Bool {
        guard column.isList == type.isList else { return false }
        return switch (column.type, type.element) {
        case (.string, .string), (.string, .bytes), (.bool, .bool), (.timestamp, .unixTimestamp): true
        case (.int32, .int32), (.int32, .int64), (.int64, .int32), (.int64, .int64), (.int32, .unixTimestamp),
            (.int64, .unixTimestamp):
            true
        case (.int32, .float), (.int32, .double), (.int64, .float), (.int64, .double): true
        case (.float32, .float), (.float32, .double), (.float64, .float), (.float64, .double): true
        default: false
        }
    }

    private static func element(_ column: Column, _ index: Int, _ type: FeatureType) throws(MartletError)
        -> FeatureValue
    {
        switch (column.values, type) {
        case (.string(let offsets, let bytes), .string):
            return .string(
                String(decoding: bytes.values[Int(offsets[index])..<Int(offsets[index + 1])], as: UTF8.self))
        case (.string(let offsets, let bytes), .bytes):
            return .bytes(Array(bytes.values[Int(offsets[index])..<Int(offsets[index + 1])]))
        case (.bool(let values), .bool): return .bool(values[index] != 0)
        case (.timestamp(let values), .unixTimestamp):
            return .unixTimestamp(FeatureTimestamp(microseconds: values[index]).seconds)
        case (.int32(let values), _):
            if let value = whole(Int64(values[index]), type) { return value }
        case (.int64(let values), _):
            if let value = whole(values[index], type) { return value }
            if type == .int32 {
                throw MartletError(
                    .invalidData, "\(values[index]) is no int32", hint: "declare the field as int64")
            }
        case (.float32(let values), .float): return .float(values[index])
        case (.float32(let values), .double): return .double(Double(values[index]))
        case (.float64(let values), .float): return .float(Float(values[index]))
        case (.float64(let values), .double): return .double(values[index])
        default: break
        }
        throw mismatch(column, type)
    }

    private static func whole(_ value: Int64, _ type: FeatureType) -> FeatureValue? {
        switch type {
        case .int32: Int32(exactly: value).map { .int32($0) }
        case .int64: .int64(value)
        case .unixTimestamp: .unixTimestamp(value)
        case .float: .float(Float(value))
        case .double: .double(Double(value))
        default: nil
        }
    }

    private static func mismatch(_ column: Column, _ type: FeatureType) -> MartletError {
        let found = column.listOffsets == nil ? column.type.rawValue : "a list of \(column.type.rawValue)"
        return MartletError(
            .invalidData, "the column holds \(found), the field is declared \(type.rawValue)",
            hint: "change the field's type in martlet.yml, or cast the column in SQL")
    }
}
