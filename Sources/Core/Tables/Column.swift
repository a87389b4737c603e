/// One column of a table: typed values, which of them are null, and list bounds where each row holds a list.
///
/// Layout follows Arrow: text is UTF-8 bytes with `count + 1` offsets; a null row's value is unspecified.
public struct Column: Sendable {
    /// The values, by type. For a list column these are the elements of all rows, one after the other.
    public enum Values: Sendable {
        /// One byte a value, 0 or 1.
        case bool(Buffer<UInt8>)
        /// 32-bit integers.
        case int32(Buffer<Int32>)
        /// 64-bit integers.
        case int64(Buffer<Int64>)
        /// Single-precision reals.
        case float32(Buffer<Float>)
        /// Double-precision reals.
        case float64(Buffer<Double>)
        /// UTF-8 text: value `i` is `bytes[offsets[i] ..< offsets[i + 1]]`.
        case string(offsets: Buffer<Int64>, bytes: Buffer<UInt8>)
        /// Microseconds since 1970-01-01T00:00:00Z.
        case timestamp(Buffer<Int64>)

        /// How many values there are.
        public var count: Int {
            switch self {
            case .bool(let b): b.count
            case .int32(let b): b.count
            case .int64(let b), .timestamp(let b): b.count
            case .float32(let b): b.count
            case .float64(let b): b.count
            case .string(let offsets, _): max(0, offsets.count - 1)
            }
        }

        /// The type of the values.
        public var type: ElementType {
            switch self {
            case .bool: .bool
            case .int32: .int32
            case .int64: .int64
            case .float32: .float32
            case .float64: .float64
            case .string: .string
            case .timestamp: .timestamp
            }
        }
    }

    /// The values.
    public var values: Values
    /// One byte a row, 1 where the row has a value; nil if no row is null.
    public var validity: Buffer<UInt8>?
    /// `rows + 1` offsets into `values` where each row holds a list; nil otherwise.
    public var listOffsets: Buffer<Int64>?

    /// Makes a column.
    public init(_ values: Values, validity: Buffer<UInt8>? = nil, listOffsets: Buffer<Int64>? = nil) {
        self.values = values
        self.validity = validity
        self.listOffsets = listOffsets
    }

    /// How many rows the column has.
    public var count: Int { listOffsets.map { $0.count - 1 } ?? values.count }

    /// The type of the values.
    public var type: ElementType { values.type }

    /// Whether `row` has no value.
    public func isNull(_ row: Int) -> Bool { validity.map { $0[row] == 0 } ?? false }

    /// The text at `row` of a `string` column that holds no lists; nil if the row is null or of another type.
    public func text(_ row: Int) -> String? {
        guard case .string(let offsets, let bytes) = values, !isNull(row) else { return nil }
        return String(decoding: bytes.values[Int(offsets[row])..<Int(offsets[row + 1])], as: UTF8.self)
    }

    /// The number at `row`, whatever numeric type the column has; nil if null or text.
    public func number(_ row: Int) -> Double? {
        guard !isNull(row) else { return nil }
        return switch values {
        case .bool(let b): Double(b[row])
        case .int32(let b): Double(b[row])
        case .int64(let b), .timestamp(let b): Double(b[row])
        case .float32(let b): Double(b[row])
        case .float64(let b): b[row]
        case .string: nil
        }
    }
}

extension Column {
    /// A text column; nil is null.
    public init(strings: [String?]) {
        var offsets: [Int64] = [0]
        var bytes: [UInt8] = []
        offsets.reserveCapacity(strings.count + 1)
        for string in strings {
            if let string { bytes.append(contentsOf: string.utf8) }
            offsets.append(Int64(bytes.count))
        }
        self.init(.string(offsets: Buffer(offsets), bytes: Buffer(bytes)), validity: Column.validity(of: strings))
    }

    /// A double-precision column; nil is null.
    public init(doubles: [Double?]) {
        self.init(.float64(Buffer(doubles.map { $0 ?? 0 })), validity: Column.validity(of: doubles))
    }

    /// A 64-bit integer column; nil is null.
    public init(integers: [Int64?]) {
        self.init(.int64(Buffer(integers.map { $0 ?? 0 })), validity: Column.validity(of: integers))
    }

    /// A timestamp column in microseconds since 1970; nil is null.
    public init(timestamps: [Int64?]) {
        self.init(.timestamp(Buffer(timestamps.map { $0 ?? 0 })), validity: Column.validity(of: timestamps))
    }

    private static func validity<T>(of optionals: [T?]) -> Buffer<UInt8>? {
        guard optionals.contains(where: { $0 == nil }) else { return nil }
        return Buffer(optionals.map { $0 == nil ? 0 : 1 })
    }
}
