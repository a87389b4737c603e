public import Core

/// A table that others load and the project reads: `source('raw', 'transactions')`.
public struct SQLSource: Sendable {
    /// The source's name, such as `raw`.
    public let source: String
    /// The table's name inside the project, such as `transactions`.
    public let table: String
    /// The database it lives in, or nil for the target's.
    public let database: String?
    /// The schema it lives in.
    public let schema: String
    /// The table's name in the warehouse.
    public let identifier: String
    /// What the table holds.
    public let description: String
    /// Its described columns.
    public let columns: [ColumnDescription]
    /// Words to select by.
    public let tags: [String]
    /// How old its newest row may be, or nil.
    public let freshness: Freshness?
    /// Where the source is declared.
    public let location: SourceLocation

    /// The node of the graph that stands for this table.
    public var node: SQLNode { .source(source, table) }

    /// How old the newest row of a source may be.
    public struct Freshness: Sendable {
        /// Older than this many seconds is a warning.
        public var warnAfter: Double?
        /// Older than this many seconds is a failure.
        public var errorAfter: Double?
        /// The column or expression that tells when a row was loaded.
        public var loadedAt: String?
        /// A query that tells when the table was loaded, instead of ``loadedAt``.
        public var loadedAtQuery: String?
        /// Which rows count, as a condition.
        public var filter: String?
    }
}
