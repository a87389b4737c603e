import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The interactions' times, in seconds since 1970; ``FeatureColumn/nullInteger`` where there is none.
final class TimeColumn {
    let seconds = GrowableBuffer<Int64>()
    private let name: String
    private let table: String

    init(name: String, table: String) {
        self.name = name
        self.table = table
    }

    /// Appends a batch: timestamps, whole seconds, or text by ISO 8601.
    ///
    /// - Throws: `invalidData` with the row for a text that is no date, or for a column of another type.
    func append(_ column: Column) throws {
        let first = seconds.count
        let target = seconds.extend(by: column.count)
        func fill(_ value: (Int) throws -> Int64) rethrows {
            for row in 0..<column.count {
                target[row] = column.isNull(row) ? FeatureColumn.nullInteger : try value(row)
            }
        }
        guard column.listOffsets == nil else { throw refused("lists") }
        switch column.values {
        case .timestamp(let buffer):
            let values = buffer.values
            fill { row in
                let whole = values[row] / 1_000_000
                return values[row] < whole * 1_000_000 ? whole - 1 : whole
            }
        case .int64(let buffer): fill { buffer.values[$0] }
        case .int32(let buffer): fill { Int64(buffer.values[$0]) }
        case .string(let offsets, let bytes):
            // Neighbours often share a day: a text like the one before is not read again.
            var last = (start: 0, length: -1, value: Int64(0))
            try fill { row in
                let start = Int(offsets.values[row])
                let length = Int(offsets.values[row + 1]) - start
                if length == last.length, length > 0, let base = bytes.values.baseAddress,
                    memcmp(base + start, base + last.start, length) == 0
                {
                    return last.value
                }
                let text = UnsafeBufferPointer(rebasing: bytes.values[start..<start + length])
                guard let moment = ISOTime.microseconds(text) else {
                    throw MartletError(
                        .invalidData,
                        "row \(first + row + 1) of '\(table)': '\(String(decoding: text.prefix(40), as: UTF8.self))' "
                            + "in column '\(name)' is no date",
                        hint: "write dates like 2020-09-22 or 2020-09-22T18:30:00Z, or cast the column in SQL")
                }
                last = (start, length, moment >= 0 ? moment / 1_000_000 : (moment - 999_999) / 1_000_000)
                return last.value
            }
        case .bool, .float32, .float64: throw refused(column.type.rawValue)
        }
    }

    private func refused(_ found: String) -> MartletError {
        MartletError(
            .invalidData, "column '\(name)' of '\(table)' says when, it cannot hold \(found)",
            hint: "cast it to a timestamp in SQL")
    }
}
