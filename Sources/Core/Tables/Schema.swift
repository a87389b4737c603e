/// What a column is for.
public enum Tag: String, Codable, Sendable, CaseIterable {
    /// Belongs to the shopper.
    case user
    /// Belongs to the article.
    case item
    /// Belongs to the moment of the interaction.
    case context
    /// What a model learns to predict.
    case target
    /// Identifies its user, item or row.
    case id
    /// Codes of a vocabulary.
    case categorical
    /// Real numbers.
    case continuous
    /// Several values a row.
    case list
    /// A moment in time.
    case timestamp
    /// Text that is shown, not learned from.
    case text
}

/// The type of a column's values.
public enum ElementType: String, Codable, Sendable, CaseIterable {
    /// A truth value, stored as one byte.
    case bool
    /// A 32-bit integer.
    case int32
    /// A 64-bit integer.
    case int64
    /// A single-precision real number.
    case float32
    /// A double-precision real number.
    case float64
    /// UTF-8 text.
    case string
    /// Microseconds since 1970-01-01T00:00:00Z, stored as `int64`.
    case timestamp
}

/// A column's name, type and meaning.
public struct ColumnSchema: Codable, Hashable, Sendable {
    /// The column's name, unique in its table.
    public var name: String
    /// The type of its values (of a list's elements, for a list).
    public var type: ElementType
    /// What the column is for.
    public var tags: Set<Tag>
    /// How many codes a categorical column can hold: values lie in `0 ..< cardinality`.
    public var cardinality: Int?

    /// Whether each row holds a list.
    public var isList: Bool { tags.contains(.list) }

    /// Makes a column's description.
    public init(_ name: String, _ type: ElementType, tags: Set<Tag> = [], cardinality: Int? = nil) {
        self.name = name
        self.type = type
        self.tags = tags
        self.cardinality = cardinality
    }
}

/// The columns of a table, in order.
public struct Schema: Codable, Hashable, Sendable {
    /// The columns, names unique.
    public private(set) var columns: [ColumnSchema]

    /// Makes a schema; column names must be unique.
    public init(_ columns: [ColumnSchema]) {
        precondition(Set(columns.map(\.name)).count == columns.count, "column names must be unique")
        self.columns = columns
    }

    /// The names of the columns, in order.
    public var names: [String] { columns.map(\.name) }

    /// The column named `name`, or nil. O(columns).
    public subscript(_ name: String) -> ColumnSchema? { columns.first { $0.name == name } }

    /// Where the column named `name` stands, or nil. O(columns).
    public func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

    /// The columns that carry every one of `tags`.
    public func tagged(_ tags: Tag...) -> [ColumnSchema] {
        columns.filter { $0.tags.isSuperset(of: tags) }
    }
}
