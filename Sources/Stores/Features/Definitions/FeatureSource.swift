/// The table of the warehouse that a view's features come from.
public struct FeatureSource: Sendable, Hashable {
    /// The table's or SQL model's name, perhaps with its schema in front.
    public var table: String
    /// The column that says since when a row's values were true.
    public var timestamp: String
    /// The column that says when a row was written, where the table has one: of two rows of the same moment the later
    /// written counts, and a training set knows no row before it was written.
    public var created: String?

    /// Names a source.
    public init(table: String, timestamp: String, created: String? = nil) {
        self.table = table
        self.timestamp = timestamp
        self.created = created
    }
}
