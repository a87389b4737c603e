import Core

extension ArrowColumnReader {
    /// The values that `codes` point at; a code that points at null makes its row null.
    func gather(
        _ codes: Column.Values, from dictionary: Column, validity: Buffer<UInt8>?, count: Int
    ) throws -> Column {
        let index: (Int) -> Int
        switch codes {
        case .int32(let buffer): index = { Int(buffer[$0]) }
        case .int64(let buffer): index = { Int(buffer[$0]) }
        default: throw MartletError(.invalidData, "column '\(name)' has a dictionary that is not indexed by integers")
        }
        func position(_ row: Int) throws -> Int? {
            if validity?[row] == 0 { return nil }
            let position = index(row)
            guard position >= 0, position < dictionary.count else {
                throw MartletError(.invalidData, "column '\(name)' points outside its dictionary")
            }
            return dictionary.isNull(position) ? nil : position
        }
        let positions = try (0..<count).map(position)
        let valid: Buffer<UInt8>? = positions.contains(nil) ? Buffer(positions.map { $0 == nil ? 0 : 1 }) : nil
        func pick<Element: BitwiseCopyable>(_ buffer: Buffer<Element>, _ zero: Element) -> Buffer<Element> {
            Buffer(positions.map { $0.map { buffer[$0] } ?? zero })
        }
        let values: Column.Values
        switch dictionary.values {
        case .bool(let buffer): values = .bool(pick(buffer, 0))
        case .int32(let buffer): values = .int32(pick(buffer, 0))
        case .int64(let buffer): values = .int64(pick(buffer, 0))
        case .float32(let buffer): values = .float32(pick(buffer, 0))
        case .float64(let buffer): values = .float64(pick(buffer, 0))
        case .timestamp(let buffer): values = .timestamp(pick(buffer, 0))
        case .string(let starts, let bytes):
            var offsets: [Int64] = [0]
            var text: [UInt8] = []
            offsets.reserveCapacity(count + 1)
            for position in positions {
                if let position {
                    text.append(contentsOf: bytes.values[Int(starts[position])..<Int(starts[position + 1])])
                }
                offsets.append(Int64(text.count))
            }
            values = .string(offsets: Buffer(offsets), bytes: Buffer(text))
        }
        return Column(values, validity: valid)
    }
}
