import Core

/// Which files made which version of which raw table: `raw._deliveries`, and the rejects in `raw._rejects`.
struct DeliveryLog {
    /// A session with the warehouse.
    let connection: any SQLConnection
    private var dialect: Dialect { connection.dialect }

    /// One version of a source.
    struct Version {
        var number: Int
        var hashes: Set<String>
        var settings: String
        var rows: Int
        var rejects: Int
        var files: [String]
        /// The sizes of its files, each once.
        var sizes: Set<Int>
    }

    /// A table of the schema `raw`, quoted.
    func table(_ name: String) -> String { dialect.quote(["raw", name]) }

    /// Makes the schema and its two books if they are not there.
    func prepare() throws {
        let text = dialect.name(of: .string)
        let whole = dialect.name(of: .int64)
        try connection.execute("CREATE SCHEMA IF NOT EXISTS \(dialect.quote("raw"))")
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table("_deliveries")) (source \(text), version \(whole), file \(text),
            bytes \(whole), sha256 \(text), row_count \(whole), reject_count \(whole), settings \(text),
            loaded_at \(dialect.name(of: .timestamp)))
            """)
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table("_rejects")) (source \(text), version \(whole), file \(text),
            line \(whole), column_name \(text), reason \(text), content \(text))
            """)
    }

    /// The versions of a source, oldest first.
    func versions(of source: String) throws -> [Version] {
        let rows = try connection.rows(
            """
            SELECT version, file, sha256, row_count, reject_count, settings, bytes FROM \(table("_deliveries"))
            WHERE source = \(dialect.literal(source)) ORDER BY version, file
            """)
        var versions: [Version] = []
        for row in rows {
            let number = row[0].integer ?? 0
            if versions.last?.number != number {
                versions.append(
                    Version(
                        number: number, hashes: [], settings: row[5].string ?? "", rows: row[3].integer ?? 0,
                        rejects: row[4].integer ?? 0, files: [], sizes: []))
            }
            versions[versions.count - 1].hashes.insert(row[2].string ?? "")
            versions[versions.count - 1].files.append(row[1].string ?? "")
            versions[versions.count - 1].sizes.insert(row[6].integer ?? 0)
        }
        return versions
    }

    /// Notes a delivery.
    func record(_ source: SourceConfiguration, version: Int, files: [SourceFile], rows: Int, rejects: Int) throws {
        let values = files.map { file in
            """
            (\(dialect.literal(source.name)), \(version), \(dialect.literal(file.path)), \(file.bytes), \
            \(dialect.literal(file.hash)), \(rows), \(rejects), \(dialect.literal(source.settings)), CURRENT_TIMESTAMP)
            """
        }
        for start in stride(from: 0, to: values.count, by: 500) {
            let part = values[start..<min(start + 500, values.count)]
            let insert = "INSERT INTO \(table("_deliveries")) VALUES \(part.joined(separator: ", "))"
            try connection.execute(insert)
        }
    }

    /// Forgets versions that are gone.
    func forget(_ source: String, versions: [Int]) throws {
        guard !versions.isEmpty else { return }
        let list = versions.map(String.init).joined(separator: ", ")
        for book in ["_deliveries", "_rejects"] {
            try connection.execute(
                "DELETE FROM \(table(book)) WHERE source = \(dialect.literal(source)) AND version IN (\(list))")
        }
    }
}
