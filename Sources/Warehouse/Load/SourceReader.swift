import Core

/// Reads files into a table of DuckDB, with what does not parse set aside.
struct SourceReader {
    /// A session with DuckDB.
    let engine: any SQLConnection
    let source: SourceConfiguration
    let files: [String]

    /// The most rejects that are kept; more end the load whatever share they are.
    static let rejectLimit = 1_000_000

    /// Where the rejects of a read stand afterwards: `(file, line, column_name, reason, text)`.
    static let rejectTable = "martlet_rejects"

    /// Reads all files into `table`.
    ///
    /// - Returns: how many rows were read and how many rejected.
    /// - Throws: `invalidData` for a file that is empty, lacks a declared column or cannot be read at all.
    func read(into table: String) throws -> (rows: Int, rejects: Int) {
        try engine.execute(
            """
            CREATE OR REPLACE TEMP TABLE \(Self.rejectTable)
            (file VARCHAR, line BIGINT, column_name VARCHAR, reason VARCHAR, text VARCHAR)
            """)
        let groups = try self.groups()
        let selects = groups.enumerated().map { index, group in
            group.select(files: files.count > 1, rejects: "martlet_errors_\(index)", scans: "martlet_scans_\(index)")
        }
        try engine.execute("CREATE TABLE \(table) AS \(selects.joined(separator: "\nUNION ALL BY NAME\n"))")
        for (index, group) in groups.enumerated() {
            for sql in group.collectRejects(
                into: Self.rejectTable, rejects: "martlet_errors_\(index)", scans: "martlet_scans_\(index)",
                table: table, files: files.count > 1)
            {
                try engine.execute(sql)
            }
        }
        let rows = try engine.value("SELECT count(*) FROM \(table)")?.integer ?? 0
        let rejects =
            try engine.value(
                """
                SELECT count(*) FROM (SELECT DISTINCT file, line FROM \(Self.rejectTable) WHERE line IS NOT NULL
                UNION ALL SELECT file, line FROM \(Self.rejectTable) WHERE line IS NULL)
                """)?.integer ?? 0
        return (rows, rejects)
    }

    /// The files by format and header: files of one header are read together.
    private func groups() throws -> [FileGroup] {
        var groups: [FileGroup] = []
        for file in files {
            let isParquet = source.format == .parquet || source.format == .auto && file.hasSuffix(".parquet")
            let header = isParquet ? try parquetHeader(file) : try csvHeader(file)
            if let index = groups.firstIndex(where: { $0.header.canShare(header) }) {
                groups[index].files.append(file)
                groups[index].header.widen(by: header)
            } else {
                groups.append(FileGroup(files: [file], header: header, source: source))
            }
        }
        try checkColumns(groups)
        return groups
    }

    private func checkColumns(_ groups: [FileGroup]) throws {
        let first = groups[0]
        for group in groups {
            for column in source.columns.keys.sorted() where !group.header.names.contains(column) {
                let near = nearest(to: column, among: group.header.names).map { "did you mean '\($0)'?" }
                throw MartletError(
                    .invalidData,
                    "\(group.files[0]) has no column '\(column)', which the source '\(source.name)' declares",
                    hint: near ?? "its columns are \(group.header.names.joined(separator: ", "))", at: source.location)
            }
            let missing = first.header.names.filter { !group.header.names.contains($0) }
            let extra = group.header.names.filter { !first.header.names.contains($0) }
            if let column = missing.first ?? extra.first {
                let (with, without) =
                    missing.isEmpty ? (group.files[0], first.files[0]) : (first.files[0], group.files[0])
                throw MartletError(
                    .invalidData, "\(with) has a column '\(column)' that \(without) has not",
                    hint: "files of one source have the same columns; make two sources of them", at: source.location)
            }
        }
    }
}
