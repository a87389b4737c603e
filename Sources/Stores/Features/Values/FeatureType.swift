/// The type of a feature or of a join key, with Feast's names and numbers (`feast.types.ValueType`).
public enum FeatureType: String, Sendable, Hashable, CaseIterable, Codable {
    case bytes
    case string
    case int32
    case int64
    case double
    case float
    case bool
    /// Seconds since 1970-01-01T00:00:00Z.
    case unixTimestamp = "unix_timestamp"
    case bytesList = "bytes_list"
    case stringList = "string_list"
    case int32List = "int32_list"
    case int64List = "int64_list"
    case doubleList = "double_list"
    case floatList = "float_list"
    case boolList = "bool_list"
    case unixTimestampList = "unix_timestamp_list"

    /// Feast's number of the type, which is also the number of its field in a `feast.types.Value`.
    public var number: UInt32 {
        switch self {
        case .bytes: 1
        case .string: 2
        case .int32: 3
        case .int64: 4
        case .double: 5
        case .float: 6
        case .bool: 7
        case .unixTimestamp: 8
        case .bytesList: 11
        case .stringList: 12
        case .int32List: 13
        case .int64List: 14
        case .doubleList: 15
        case .floatList: 16
        case .boolList: 17
        case .unixTimestampList: 18
        }
    }

    /// Whether a value holds any number of elements.
    public var isList: Bool { number > 10 }

    /// The type of a list's elements; of a scalar, its own.
    public var element: FeatureType { isList ? Self.byNumber[Int(number) - 10]! : self }

    /// Whether an entity's key may have this type: Feast writes no other into a key.
    public var canBeKey: Bool { [.bytes, .string, .int32, .int64, .unixTimestamp].contains(self) }

    /// The type with Feast's number, or nil.
    init?(number: Int) {
        guard Self.byNumber.indices.contains(number), let type = Self.byNumber[number] else { return nil }
        self = type
    }

    private static let byNumber: [FeatureType?] = (0..<19).map { number in
        allCases.first { $0.number == number }
    }
}
