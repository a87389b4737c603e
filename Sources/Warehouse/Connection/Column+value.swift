import Core

extension Column {
    /// The value at `row` as JSON: a list column gives an array, a timestamp its microseconds.
    public func value(_ row: Int) -> JSONValue {
        if isNull(row) { return .null }
        if let listOffsets {
            return .array((Int(listOffsets[row])..<Int(listOffsets[row + 1])).map(element))
        }
        return element(row)
    }

    private func element(_ index: Int) -> JSONValue {
        switch values {
        case .bool(let buffer): .bool(buffer[index] != 0)
        case .int32(let buffer): .integer(Int64(buffer[index]))
        case .int64(let buffer), .timestamp(let buffer): .integer(buffer[index])
        case .float32(let buffer): .number(Double(buffer[index]))
        case .float64(let buffer): .number(buffer[index])
        case .string(let offsets, let bytes):
            .string(
                String(decoding: bytes.values[Int(offsets[index])..<Int(offsets[index + 1])], as: UTF8.self))
        }
    }
}
