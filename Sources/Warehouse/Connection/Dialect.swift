import Core

/// How one family of databases writes SQL.
public enum Dialect: String, Sendable, Codable, CaseIterable {
    /// DuckDB, embedded.
    case duckdb
    /// PostgreSQL and what speaks its language.
    case postgresql
    /// Snowflake: unquoted names fold to capitals.
    case snowflake
    /// Standard SQL and nothing more.
    case generic

    /// A name as an identifier, quoted whatever it holds.
    ///
    /// Snowflake folds unquoted names to capitals, so a plain name is written unquoted there (`articles` and
    /// `ARTICLES` are one table, as for a person who types it); everywhere else quotes keep the name as it is.
    public func quote(_ name: String) -> String {
        if self == .snowflake, Self.isPlain(name), !Self.reserved.contains(name.lowercased()) { return name }
        let text = self == .snowflake && name == name.lowercased() ? name.uppercased() : name
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// A dotted name, each piece quoted: `["raw", "articles"]` → `"raw"."articles"`.
    public func quote(_ path: [String]) -> String { path.map(quote).joined(separator: ".") }

    /// Text as a literal.
    public func literal(_ text: String) -> String {
        var escaped = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        if self == .snowflake {
            escaped = escaped.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
        }
        return "'" + escaped + "'"
    }

    /// The name of a column type.
    public func name(of type: ElementType) -> String {
        switch (type, self) {
        case (.bool, _): "BOOLEAN"
        case (.int32, _): "INTEGER"
        case (.int64, _): "BIGINT"
        case (.float32, .snowflake): "FLOAT"
        case (.float32, _): "REAL"
        case (.float64, .duckdb): "DOUBLE"
        case (.float64, _): "DOUBLE PRECISION"
        case (.string, .duckdb), (.string, .snowflake): "VARCHAR"
        case (.string, .postgresql): "TEXT"
        case (.string, .generic): "VARCHAR"
        case (.timestamp, .snowflake): "TIMESTAMP_NTZ"
        case (.timestamp, _): "TIMESTAMP"
        }
    }

    /// Whether `CREATE OR REPLACE TABLE … AS` exists.
    public var replacesTables: Bool { self == .duckdb || self == .snowflake }

    /// Whether `CREATE OR REPLACE VIEW` may change the columns of the view; elsewhere it is dropped first.
    public var replacesViews: Bool { self == .duckdb || self == .snowflake }

    /// Whether a rolled-back transaction undoes `CREATE`, `DROP` and `ALTER` too.
    public var rollsBackDefinitions: Bool { self != .snowflake }

    /// Whether the database folds unquoted names to capitals.
    public var foldsToCapitals: Bool { self == .snowflake }

    private static func isPlain(_ name: String) -> Bool {
        guard let first = name.utf8.first, first == UInt8(ascii: "_") || (97...122).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (97...122).contains($0) || (48...57).contains($0) }
    }

    /// Words that Snowflake refuses as plain names.
    private static let reserved: Set<String> = [
        "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column", "connect",
        "constraint", "create", "cross", "current", "current_date", "current_time", "current_timestamp", "current_user",
        "delete", "distinct", "drop", "else", "exists", "false", "following", "for", "from", "full", "grant", "group",
        "having", "ilike", "in", "increment", "inner", "insert", "intersect", "into", "is", "issue", "join", "lateral",
        "left", "like", "localtime", "localtimestamp", "minus", "natural", "not", "null", "of", "on", "or", "order",
        "organization", "qualify", "regexp", "revoke", "right", "rlike", "row", "rows", "sample", "schema", "select",
        "set", "some", "start", "table", "tablesample", "then", "to", "trigger", "true", "try_cast", "union", "unique",
        "update", "using", "values", "view", "when", "whenever", "where", "with",
    ]
}
