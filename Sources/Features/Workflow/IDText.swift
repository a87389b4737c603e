import Core

/// Ids are text, whatever type their column has.
enum IDText {
    /// The column as text; whole numbers by their digits.
    ///
    /// - Throws: `invalidData` for columns that are no ids.
    static func texts(_ column: Column, name: String) throws -> Column {
        guard column.listOffsets == nil else { throw refused("lists", name) }
        switch column.values {
        case .string: return column
        case .int32(let values): return digits(values.values.map(Int64.init), column.validity)
        case .int64(let values): return digits(Array(values.values), column.validity)
        case .bool, .float32, .float64, .timestamp: throw refused(column.type.rawValue, name)
        }
    }

    private static func refused(_ found: String, _ name: String) -> MartletError {
        MartletError(
            .invalidData, "the id column '\(name)' holds \(found), ids are text or whole numbers",
            hint: "cast it to text in SQL")
    }

    private static func digits(_ values: [Int64], _ validity: Buffer<UInt8>?) -> Column {
        let offsets = GrowableBuffer<Int64>(capacity: values.count + 1)
        let bytes = GrowableBuffer<UInt8>(capacity: values.count * 8 + 1)
        offsets.append(0)
        for value in values {
            append(value, to: bytes)
            offsets.append(Int64(bytes.count))
        }
        return Column(.string(offsets: offsets.freeze(), bytes: bytes.freeze()), validity: validity)
    }

    private static func append(_ value: Int64, to bytes: GrowableBuffer<UInt8>) {
        var rest = value.magnitude
        var length = value < 0 ? 1 : 0
        var probe = rest
        repeat {
            length += 1
            probe /= 10
        } while probe > 0
        let target = bytes.extend(by: length)
        if value < 0 { target[0] = UInt8(ascii: "-") }
        var place = length - 1
        repeat {
            target[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
            place -= 1
        } while rest > 0
    }
}
