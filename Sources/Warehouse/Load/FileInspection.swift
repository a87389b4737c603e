import Core

/// What the first rows of a file show of its columns, for proposing what each is for.
public struct FileInspection: Codable, Sendable {
    /// One column.
    public struct Column: Codable, Sendable {
        /// The column's name.
        public var name: String
        /// The type that loading would give it.
        public var type: SourceConfiguration.ColumnType
        /// Whether the name is one that identifiers have.
        public var isIdentifier: Bool
        /// How many of the sampled values are different, as a share of those that are there, 0…1.
        public var distinctShare: Double
        /// How many different values the sample has.
        public var distinctCount: Int
        /// The share of rows without a value, 0…1.
        public var nullShare: Double
        /// The smallest value, as text.
        public var minimum: String?
        /// The largest value, as text.
        public var maximum: String?
        /// The mean length of the values as text, in characters.
        public var meanLength: Double
        /// Up to three values.
        public var examples: [String]
    }

    /// The file.
    public var file: String
    /// How it is written.
    public var format: SourceConfiguration.Format
    /// How many rows were looked at.
    public var sampledRows: Int
    /// The columns in the file's order.
    public var columns: [Column]
}

extension Loader {
    /// Looks at the first rows of a CSV or Parquet file.
    ///
    /// - Parameters:
    ///   - file: the file's path.
    ///   - rows: how many rows to look at.
    /// - Throws: `notFound`, `invalidData` if the file cannot be read, `missingDependency` without DuckDB.
    /// - Complexity: O(rows × columns)
    public static func inspect(_ file: String, rows limit: Int = 100_000) throws -> FileInspection {
        let paths = try SourceFile.paths(matching: [file], location: nil)
        let engine = try Warehouse(.duckdb()).connect()
        let source = SourceConfiguration(name: "sample", files: paths)
        let reader = SourceReader(engine: engine, source: source, files: paths)
        let isParquet = paths[0].hasSuffix(".parquet")
        let header = isParquet ? try reader.parquetHeader(paths[0]) : try reader.csvHeader(paths[0])
        let group = FileGroup(files: [paths[0]], header: header, source: source)
        let casts = zip(header.names, header.types).map {
            "CAST(\(Dialect.duckdb.quote($0)) AS \($1)) AS \(Dialect.duckdb.quote($0))"
        }
        let scan = group.scan(extra: "ignore_errors = true")
        try engine.execute(
            "CREATE TEMP TABLE sample AS SELECT \(casts.joined(separator: ", ")) FROM \(scan) LIMIT \(limit)")
        let count = try engine.value("SELECT count(*) FROM sample")?.integer ?? 0
        let columns = try zip(header.names, header.types).map { name, type in
            let column = Dialect.duckdb.quote(name)
            let row = try engine.rows(
                """
                SELECT count(\(column)), count(DISTINCT \(column)), CAST(min(\(column)) AS VARCHAR),
                CAST(max(\(column)) AS VARCHAR), avg(length(CAST(\(column) AS VARCHAR))) FROM sample
                """)[0]
            let examples = try engine.rows(
                "SELECT DISTINCT CAST(\(column) AS VARCHAR) AS x FROM sample WHERE \(column) IS NOT NULL ORDER BY x LIMIT 3"
            )
            let present = row[0].integer ?? 0
            return FileInspection.Column(
                name: name, type: columnType(type),
                isIdentifier: SourceConfiguration.isIdentifier(name, typed: isParquet),
                distinctShare: present > 0 ? Double(row[1].integer ?? 0) / Double(present) : 0,
                distinctCount: row[1].integer ?? 0,
                nullShare: count > 0 ? Double(count - present) / Double(count) : 0, minimum: row[2].string,
                maximum: row[3].string, meanLength: row[4].number ?? 0, examples: examples.compactMap { $0[0].string })
        }
        return FileInspection(
            file: paths[0], format: isParquet ? .parquet : .csv, sampledRows: count, columns: columns)
    }

    private static func columnType(_ sql: String) -> SourceConfiguration.ColumnType {
        switch sql {
        case "BOOLEAN": .bool
        case "DATE": .date
        case "DOUBLE", "FLOAT": .double
        case _ where sql.hasPrefix("TIMESTAMP"): .timestamp
        case _ where sql.hasPrefix("DECIMAL"): .double
        case _ where sql.hasSuffix("INT") || sql.hasSuffix("INTEGER"): .integer
        default: .text
        }
    }
}
