import CADBC
import Core

extension Connection {
    /// The tables and views of a schema, by name.
    ///
    /// - Throws: what the database says.
    public func tables(in schema: String) throws -> [String] {
        let sql =
            dialect == .generic
            ? "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            : "SELECT table_name FROM information_schema.tables WHERE lower(table_schema) = "
                + "\(dialect.literal(schema.lowercased())) ORDER BY table_name"
        return try rows(sql).compactMap { $0.first?.string }.map { fold($0) }
    }

    /// Whether a table or view exists, `["schema", "table"]` or `["table"]` in the schema that is current.
    ///
    /// - Throws: what the database says about other matters than the table.
    public func hasTable(_ path: [String]) throws -> Bool {
        // Asked for its columns, Snowflake finds views too; PostgreSQL would end a transaction over the fault.
        guard path.count > 1, dialect == .duckdb || dialect == .postgresql else {
            do {
                _ = try columns(of: path)
                return true
            } catch let error as MartletError where error.code == .notFound {
                return false
            }
        }
        return try tables(in: path[path.count - 2]).contains { $0.lowercased() == path[path.count - 1].lowercased() }
    }

    /// The columns of a table or view as a query would return them.
    ///
    /// - Throws: `notFound` if there is no such table.
    public func columns(of path: [String]) throws -> Schema {
        try query("SELECT * FROM \(dialect.quote(path)) WHERE 1 = 0").schema
    }

    private func fold(_ name: String) -> String {
        dialect.foldsToCapitals && name == name.uppercased() ? name.lowercased() : name
    }
}
