/// A feature's value, as Feast types it.
public enum FeatureValue: Sendable, Hashable {
    /// No value: the row was there, and this field of it was empty.
    case null
    case bytes([UInt8])
    case string(String)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case float(Float)
    case bool(Bool)
    /// Seconds since 1970-01-01T00:00:00Z.
    case unixTimestamp(Int64)
    case bytesList([[UInt8]])
    case stringList([String])
    case int32List([Int32])
    case int64List([Int64])
    case doubleList([Double])
    case floatList([Float])
    case boolList([Bool])
    /// Seconds since 1970-01-01T00:00:00Z.
    case unixTimestampList([Int64])

    /// The value's type; nil for null, which every type has.
    public var type: FeatureType? {
        switch self {
        case .null: nil
        case .bytes: .bytes
        case .string: .string
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .float: .float
        case .bool: .bool
        case .unixTimestamp: .unixTimestamp
        case .bytesList: .bytesList
        case .stringList: .stringList
        case .int32List: .int32List
        case .int64List: .int64List
        case .doubleList: .doubleList
        case .floatList: .floatList
        case .boolList: .boolList
        case .unixTimestampList: .unixTimestampList
        }
    }

    /// The value as a number, where it is a single one; nil for null, text, bytes and lists.
    public var number: Double? {
        switch self {
        case .int32(let value): Double(value)
        case .int64(let value), .unixTimestamp(let value): Double(value)
        case .double(let value): value
        case .float(let value): Double(value)
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }
}
