import Core

/// A whole column in memory, read by row in any order by many threads.
struct FrozenColumn: Sendable {
    enum Storage: Sendable {
        case real(Buffer<Double>)
        case integer(Buffer<Int64>)
        /// Moments; times `scale` they are microseconds.
        case moment(Buffer<Int64>, scale: Int64)
        /// Each row's text among the different ones.
        case text(Buffer<Int32>, offsets: Buffer<Int64>, bytes: Buffer<UInt8>)
    }

    let name: String
    let table: String
    let storage: Storage
    var bounds: Buffer<Int64>?

    var kind: FeatureKind {
        switch storage {
        case .real: .real
        case .integer: .integer
        case .moment: .moment
        case .text: .text
        }
    }

    var isList: Bool { bounds != nil }

    /// The values of `count` rows: `row(i)` says which, −1 is a null (an empty list).
    func gather(_ count: Int, _ row: (Int) -> Int) -> FeatureColumn {
        guard let bounds else { return FeatureColumn(values(count, row)) }
        var ends = [0]
        ends.reserveCapacity(count + 1)
        var places: [Int] = []
        for index in 0..<count {
            let row = row(index)
            if row >= 0 { places += Int(bounds[row])..<Int(bounds[row + 1]) }
            ends.append(places.count)
        }
        return FeatureColumn(values(places.count) { places[$0] }, bounds: ends)
    }

    private func values(_ count: Int, _ row: (Int) -> Int) -> FeatureColumn.Values {
        func integers(_ buffer: Buffer<Int64>, scale: Int64) -> [Int64] {
            let values = buffer.values
            return (0..<count).map { index in
                let row = row(index)
                guard row >= 0, values[row] != FeatureColumn.nullInteger else { return FeatureColumn.nullInteger }
                return values[row] &* scale
            }
        }
        switch storage {
        case .real(let buffer):
            let values = buffer.values
            return .real(
                (0..<count).map { index in
                    let row = row(index)
                    return row < 0 ? .nan : values[row]
                })
        case .integer(let buffer): return .integer(integers(buffer, scale: 1))
        case .moment(let buffer, let scale): return .moment(integers(buffer, scale: scale))
        case .text(let codes, let offsets, let bytes):
            return .text(texts(count, row, codes.values, offsets.values, bytes.values))
        }
    }

    private func texts(
        _ count: Int, _ row: (Int) -> Int, _ codes: UnsafeBufferPointer<Int32>, _ offsets: UnsafeBufferPointer<Int64>,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Column {
        let ends = GrowableBuffer<Int64>(capacity: count + 1)
        let text = GrowableBuffer<UInt8>(capacity: count * 16 + 1)
        let valid = GrowableBuffer<UInt8>(capacity: count)
        var nulls = 0
        ends.append(0)
        for index in 0..<count {
            let row = row(index)
            let code = row < 0 ? -1 : Int(codes[row])
            if code >= 0 {
                text.append(
                    contentsOf: UnsafeBufferPointer(rebasing: bytes[Int(offsets[code])..<Int(offsets[code + 1])]))
            } else {
                nulls += 1
            }
            valid.append(code >= 0 ? 1 : 0)
            ends.append(Int64(text.count))
        }
        return Column(
            .string(offsets: ends.freeze(), bytes: text.freeze()), validity: nulls > 0 ? valid.freeze() : nil)
    }

    /// A reader of the column as numbers, NaN for null; moments are seconds.
    ///
    /// - Throws: `invalidData` if the column holds text or lists.
    func numbers(for use: String) throws -> (Int) -> Double {
        guard !isList else { throw refused(use, "lists") }
        switch storage {
        case .real(let buffer): return { buffer.values[$0] }
        case .integer(let buffer):
            return { buffer.values[$0] == FeatureColumn.nullInteger ? .nan : Double(buffer.values[$0]) }
        case .moment(let buffer, let scale):
            let seconds = Double(scale) / 1_000_000
            return { buffer.values[$0] == FeatureColumn.nullInteger ? .nan : Double(buffer.values[$0]) * seconds }
        case .text: throw refused(use, "text")
        }
    }

    private func refused(_ use: String, _ found: String) -> MartletError {
        MartletError(
            .invalidData, "\(use) takes numbers, column '\(name)' of '\(table)' holds \(found)",
            hint: "cast it to a number in SQL")
    }
}
