import Core

extension Loader {
    private static let places = "_log_places"

    /// Adds what a log has gained to the table `raw.<source>`, each row once by its key.
    ///
    /// The table is made if it is not there, also while the log is still empty, so that SQL may name it. A load that is
    /// cut off is taken up by the next one: rows that are there already are not added again.
    func load(
        log source: SourceConfiguration,
        opening open: (_ source: SourceConfiguration, _ places: [String: Int]) throws -> any GrowingRows
    ) throws -> LoadReport.Source {
        let clock = ContinuousClock()
        let start = clock.now
        let dialect = connection.dialect
        let (places, table) = (dialect.quote(["raw", Self.places]), dialect.quote(["raw", source.name]))
        let name = dialect.literal(source.name)
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS \(places) (source \(dialect.name(of: .string)), file \(dialect.name(of: .string)),
            bytes \(dialect.name(of: .int64)), load_number \(dialect.name(of: .int64)))
            """)
        if try !connection.hasTable(["raw", source.name]) {
            // Whoever drops the table wants it made anew.
            try connection.execute("DELETE FROM \(places) WHERE source = \(name)")
        }
        var read: [String: Int] = [:]
        var version = 0
        for row in try connection.rows("SELECT file, bytes, load_number FROM \(places) WHERE source = \(name)") {
            read[row[0].string ?? ""] = row[1].integer ?? 0
            version = max(version, row[2].integer ?? 0)
        }
        let rows = try open(source, read)
        try makeTable(source, rows.schema)
        let staging = "\(source.name)__new"
        func add() throws -> Int {
            let count = try connection.ingest(rows, into: ["raw", staging], mode: .replace)
            let columns = rows.schema.names.map { dialect.quote($0) }.joined(separator: ", ")
            let (key, new) = (dialect.quote(rows.key), dialect.quote(["raw", staging]))
            if count > 0 {
                try connection.execute(
                    """
                    INSERT INTO \(table) (\(columns), \(dialect.quote("_loaded_at")))
                    SELECT \(columns), CURRENT_TIMESTAMP FROM (
                    SELECT n.*, row_number() OVER (PARTITION BY \(key) ORDER BY \(dialect.quote("received_at"))) AS place
                    FROM \(new) n) s
                    WHERE place = 1 AND NOT EXISTS (SELECT 1 FROM \(table) t WHERE t.\(key) = s.\(key))
                    """)
            }
            try connection.execute("DROP TABLE \(new)")
            let changed = rows.places.filter { read[$0.key] != $0.value }
            guard !changed.isEmpty else { return 0 }
            let files = changed.keys.sorted()
            let list = files.map(dialect.literal).joined(separator: ", ")
            try connection.execute("DELETE FROM \(places) WHERE source = \(name) AND file IN (\(list))")
            let values = files.map { "(\(name), \(dialect.literal($0)), \(changed[$0]!), \(version + 1))" }
            try connection.execute("INSERT INTO \(places) VALUES \(values.joined(separator: ", "))")
            try recordFaults(rows.faults, of: source, version: version + 1)
            return changed.count
        }
        let changed = dialect.rollsBackDefinitions ? try connection.transaction(add) : try add()
        let total = try connection.value("SELECT count(*) FROM \(table)")?.integer ?? 0
        return LoadReport.Source(
            name: source.name, version: changed > 0 ? version + 1 : version, rows: total, rejects: rows.faults.count,
            files: rows.places.keys.sorted(), skipped: changed == 0,
            seconds: Double((clock.now - start) / .milliseconds(1)) / 1000)
    }

    /// Makes `raw.<source>` if it is not there.
    ///
    /// - Throws: `invalidData` if something else stands under the name.
    private func makeTable(_ source: SourceConfiguration, _ schema: Schema) throws {
        let dialect = connection.dialect
        if try connection.hasTable(["raw", source.name]) {
            let found = try connection.columns(of: ["raw", source.name]).names
            guard Set(schema.names).isSubset(of: found) else {
                throw MartletError(
                    .invalidData,
                    "raw.\(source.name) is not a table of \(source.format.rawValue): its columns are \(found.joined(separator: ", "))",
                    hint: "give the source another name, or drop what stands there", at: source.location)
            }
            return
        }
        let columns = schema.columns.map { "\(dialect.quote($0.name)) \(dialect.name(of: $0.type))" }
        try connection.execute(
            """
            CREATE TABLE \(dialect.quote(["raw", source.name])) (\(columns.joined(separator: ", ")),
            \(dialect.quote("_loaded_at")) \(dialect.name(of: .timestamp)))
            """)
    }

    private func recordFaults(
        _ faults: [(file: String, reason: String)], of source: SourceConfiguration, version: Int
    ) throws {
        let dialect = connection.dialect
        for fault in faults {
            try connection.execute(
                """
                INSERT INTO \(dialect.quote(["raw", "_rejects"])) VALUES (\(dialect.literal(source.name)), \(version),
                \(dialect.literal(fault.file)), NULL, NULL, \(dialect.literal(fault.reason)), NULL)
                """)
        }
    }
}
