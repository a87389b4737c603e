/// Rows by column: a batch from a warehouse, or a small table whole.
public struct Table: Sendable {
    /// Names, types and meaning of the columns.
    public var schema: Schema
    /// The columns, in the schema's order, all of the same length.
    public var columns: [Column]
    /// How many rows there are.
    public let rowCount: Int

    /// Makes a table.
    ///
    /// - Throws: `invalidData` if the columns differ in length from each other or in number from the schema.
    public init(schema: Schema, columns: [Column]) throws {
        guard schema.columns.count == columns.count else {
            throw MartletError(
                .invalidData, "a table of \(schema.columns.count) named columns was given \(columns.count) columns")
        }
        let rowCount = columns.first?.count ?? 0
        for (described, column) in zip(schema.columns, columns) where column.count != rowCount {
            throw MartletError(
                .invalidData, "column '\(described.name)' has \(column.count) rows where the first has \(rowCount)")
        }
        self.schema = schema
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Makes a table from named columns, typed as the columns are.
    public init(_ columns: [(String, Column)]) throws {
        try self.init(
            schema: Schema(columns.map { ColumnSchema($0.0, $0.1.type, tags: $0.1.listOffsets == nil ? [] : [.list]) }),
            columns: columns.map(\.1))
    }

    /// The column named `name`.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func column(_ name: String) throws -> Column {
        if let index = schema.index(of: name) { return columns[index] }
        throw MartletError(
            .notFound, "there is no column '\(name)'",
            hint: nearest(to: name, among: schema.names).map { "did you mean '\($0)'?" }
                ?? "the columns are \(schema.names.joined(separator: ", "))")
    }
}
