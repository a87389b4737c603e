import Core

/// The values of one feature on their way through the operators.
public struct FeatureColumn: Sendable {
    /// The values, by kind. For lists these are the elements of all rows, one after the other.
    public enum Values: Sendable {
        /// Text; nulls by the column's validity.
        case text(Column)
        /// Real numbers; NaN is null.
        case real([Double])
        /// Whole numbers; ``FeatureColumn/nullInteger`` is null.
        case integer([Int64])
        /// Microseconds since 1970; ``FeatureColumn/nullInteger`` is null.
        case moment([Int64])
        /// Codes; never null.
        case code([Int32])
    }

    /// The whole number that stands for null.
    public static let nullInteger = Int64.min

    /// The values.
    public var values: Values
    /// `rows + 1` bounds into the values where each row holds a list; nil otherwise.
    public var bounds: [Int]?

    /// Makes a column.
    public init(_ values: Values, bounds: [Int]? = nil) {
        self.values = values
        self.bounds = bounds
    }

    /// What the values are.
    public var kind: FeatureKind {
        switch values {
        case .text: .text
        case .real: .real
        case .integer: .integer
        case .moment: .moment
        case .code: .code
        }
    }

    /// How many values there are: rows, or elements of lists.
    public var valueCount: Int {
        switch values {
        case .text(let column): column.count
        case .real(let values): values.count
        case .integer(let values), .moment(let values): values.count
        case .code(let values): values.count
        }
    }

    /// How many rows there are.
    public var count: Int { bounds.map { $0.count - 1 } ?? valueCount }

    /// The same rows with other values, one for each of this column's.
    func with(_ values: Values) -> FeatureColumn { FeatureColumn(values, bounds: bounds) }

    /// Which values are null.
    func isNull(_ index: Int) -> Bool {
        switch values {
        case .text(let column): column.isNull(index)
        case .real(let values): values[index].isNaN
        case .integer(let values), .moment(let values): values[index] == Self.nullInteger
        case .code: false
        }
    }
}

extension FeatureColumn {
    /// Takes the rows `range` of a table's column.
    ///
    /// NaN and infinite numbers become nulls; a null list becomes an empty one.
    public init(_ column: Column, rows range: Range<Int>) {
        guard let lists = column.listOffsets else {
            self.init(Self.values(column.values, validity: column.validity, range))
            return
        }
        var bounds = [0]
        bounds.reserveCapacity(range.count + 1)
        // A null row's bounds may span values that nobody vouches for: only lists that are there are copied.
        if column.validity == nil {
            let first = Int(lists[range.lowerBound])
            for row in range { bounds.append(Int(lists[row + 1]) - first) }
            self.init(
                Self.values(column.values, validity: nil, first..<Int(lists[range.upperBound])), bounds: bounds)
            return
        }
        var kept: [Int] = []
        for row in range {
            if !column.isNull(row) { kept += Int(lists[row])..<Int(lists[row + 1]) }
            bounds.append(kept.count)
        }
        let all = FeatureColumn(Self.values(column.values, validity: nil, 0..<column.values.count))
        self.init(all.gathering(kept).values, bounds: bounds)
    }

    private static func values(_ values: Column.Values, validity: Buffer<UInt8>?, _ range: Range<Int>) -> Values {
        func isNull(_ index: Int) -> Bool { validity.map { $0[index] == 0 } ?? false }
        func reals(_ value: (Int) -> Double) -> Values {
            .real(
                range.map { index in
                    let number = value(index)
                    return isNull(index) || !number.isFinite ? .nan : number
                })
        }
        func integers(_ value: (Int) -> Int64) -> [Int64] {
            range.map { isNull($0) ? nullInteger : value($0) }
        }
        switch values {
        case .bool(let buffer): return .integer(integers { buffer[$0] == 0 ? 0 : 1 })
        case .int32(let buffer): return .integer(integers { Int64(buffer[$0]) })
        case .int64(let buffer): return .integer(integers { buffer[$0] })
        case .timestamp(let buffer): return .moment(integers { buffer[$0] })
        case .float32(let buffer): return reals { Double(buffer[$0]) }
        case .float64(let buffer): return reals { buffer[$0] }
        case .string(let offsets, let bytes):
            let part = UnsafeBufferPointer(rebasing: offsets.values[range.lowerBound...range.upperBound])
            let kept = Buffer(part) { withExtendedLifetime(offsets) {} }
            let valid = validity.map { validity in
                Buffer(UnsafeBufferPointer(rebasing: validity.values[range])) { withExtendedLifetime(validity) {} }
            }
            return .text(Column(.string(offsets: kept, bytes: bytes), validity: valid))
        }
    }

    /// The values at `places`, as a column without lists.
    func gathering(_ places: [Int]) -> FeatureColumn {
        switch values {
        case .real(let values): return FeatureColumn(.real(places.map { values[$0] }))
        case .integer(let values): return FeatureColumn(.integer(places.map { values[$0] }))
        case .moment(let values): return FeatureColumn(.moment(places.map { values[$0] }))
        case .code(let values): return FeatureColumn(.code(places.map { values[$0] }))
        case .text(let column): return FeatureColumn(.text(Column(strings: places.map { column.text($0) })))
        }
    }
}
