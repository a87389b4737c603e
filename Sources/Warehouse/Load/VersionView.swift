import Core

/// The view `raw.<source>` over the tables of its versions.
struct VersionView {
    /// A version's table and what the view says about all its rows.
    struct Part {
        var version: Int
        /// The one file of the version; nil where each row names its own.
        var file: String?
        var loadedAt: String
    }

    let connection: Connection
    let source: String
    private var dialect: Dialect { connection.dialect }

    /// Puts the view over the newest version, or over all of them.
    func replace(adding part: Part, keepingOthers: Bool) throws {
        let book = dialect.quote(["raw", "_deliveries"])
        var parts = [part]
        if keepingOthers {
            let rows = try connection.rows(
                """
                SELECT version, count(*), min(file), CAST(min(loaded_at) AS \(dialect.name(of: .string))) FROM \(book)
                WHERE source = \(dialect.literal(source)) GROUP BY version ORDER BY version
                """)
            let others = rows.map {
                Part(
                    version: $0[0].integer ?? 0, file: $0[1].integer == 1 ? $0[2].string : nil,
                    loadedAt: $0[3].string ?? "")
            }
            parts = others + parts
        }
        let schemas = try parts.map { try connection.columns(of: ["raw", table($0)]) }
        var names: [String] = []
        for schema in schemas { names += schema.names.filter { !names.contains($0) && $0 != "_file" } }
        let selects = zip(parts, schemas).map { part, schema in
            let columns = names.map { schema[$0] == nil ? "NULL AS \(dialect.quote($0))" : dialect.quote($0) }
            let file =
                part.file.map { "CAST(\(dialect.literal($0)) AS \(dialect.name(of: .string)))" }
                ?? dialect.quote("_file")
            return """
                SELECT \(columns.joined(separator: ", ")), \(file) AS \(dialect.quote("_file")), \
                CAST(\(part.version) AS \(dialect.name(of: .int64))) AS \(dialect.quote("_version")), \
                CAST('\(part.loadedAt)' AS \(dialect.name(of: .timestamp))) AS \(dialect.quote("_loaded_at"))
                FROM \(dialect.quote(["raw", table(part)]))
                """
        }
        let body = selects.joined(separator: "\nUNION ALL\n")
        let view = dialect.quote(["raw", source])
        if dialect.replacesViews {
            try connection.execute("CREATE OR REPLACE VIEW \(view) AS \(body)")
        } else if try hasSameColumns(names, schemas) {
            // What is built on the view stays.
            try connection.execute("CREATE OR REPLACE VIEW \(view) AS \(body)")
        } else {
            try connection.execute("DROP VIEW IF EXISTS \(view)\(dialect == .postgresql ? " CASCADE" : "")")
            try connection.execute("CREATE VIEW \(view) AS \(body)")
        }
    }

    private func table(_ part: Part) -> String { "\(source)__v\(part.version)" }

    private func hasSameColumns(_ names: [String], _ schemas: [Schema]) throws -> Bool {
        guard dialect == .postgresql, try connection.hasTable(["raw", source]) else { return false }
        let old = try connection.columns(of: ["raw", source])
        guard old.names == names + ["_file", "_version", "_loaded_at"] else { return false }
        return names.allSatisfy { name in old[name]?.type == schemas.lazy.compactMap { $0[name]?.type }.first }
    }
}
