import Core

/// Files with one header, read by one scan.
struct FileGroup {
    var files: [String]
    var header: FileHeader
    let source: SourceConfiguration

    private var list: String { "[\(files.map(Dialect.duckdb.literal).joined(separator: ", "))]" }
    private func quoted(_ name: String) -> String { Dialect.duckdb.quote(name) }
    private func literal(_ text: String) -> String { Dialect.duckdb.literal(text) }

    /// The table function that reads the files; `extra` are further arguments of a CSV scan.
    func scan(extra: String? = nil) -> String {
        if header.isParquet { return "read_parquet(\(list), filename = '_file', file_row_number = true)" }
        let columns = zip(header.names, header.types).map { "\(literal($0)): '\($1)'" }
        var arguments = [
            list, "header = true", "auto_detect = false", "columns = {\(columns.joined(separator: ", "))}",
            "delim = \(literal(header.delimiter))", "quote = \(literal(header.quote))",
            "escape = \(literal(header.escape))", "filename = '_file'",
        ]
        if let format = header.dateFormat { arguments.append("dateformat = \(literal(format))") }
        if let format = header.timestampFormat { arguments.append("timestampformat = \(literal(format))") }
        if let extra { arguments.append(extra) }
        return "read_csv(\(arguments.joined(separator: ", ")))"
    }

    /// The query that reads the files; rows that do not parse go to `rejects` while it runs.
    ///
    /// - Parameter files: whether each row says from which file it comes.
    func select(files: Bool, rejects: String, scans: String) -> String {
        let extra =
            "store_rejects = true, rejects_table = '\(rejects)', rejects_scan = '\(scans)', "
            + "rejects_limit = \(SourceReader.rejectLimit)"
        if !header.isParquet {
            let names = header.names.map(quoted) + (files ? ["_file"] : [])
            return "SELECT \(names.joined(separator: ", ")) FROM \(scan(extra: extra))"
        }
        let columns = zip(header.names, header.types).map { "TRY_CAST(\(quoted($0)) AS \($1)) AS \(quoted($0))" }
        var sql = "SELECT \((columns + (files ? ["_file"] : [])).joined(separator: ", ")) FROM \(scan())"
        let faults = parquetFaults.map(\.condition)
        if !faults.isEmpty { sql += " WHERE NOT (\(faults.joined(separator: " OR ")))" }
        return sql
    }

    /// The statements that bring the rejects of a read together, and take numbers that are none out of `table`.
    func collectRejects(into target: String, rejects: String, scans: String, table: String, files: Bool) -> [String] {
        if header.isParquet {
            return parquetFaults.map { fault in
                """
                INSERT INTO \(target) SELECT _file, file_row_number + 1, \(literal(fault.column)), \(literal(fault.reason)),
                CAST(\(quoted(fault.column)) AS VARCHAR) FROM \(scan()) WHERE \(fault.condition)
                """
            }
        }
        var statements = [
            """
            INSERT INTO \(target) SELECT s.file_path, e.line, e.column_name, e.error_message, trim(e.csv_line, chr(10) || chr(13))
            FROM \(rejects) e JOIN \(scans) s USING (scan_id, file_id)
            """
        ]
        for (name, type) in zip(header.names, header.types) where type == "DOUBLE" {
            // The scan is over one column of a table just written; rows are moved only if there are any.
            let condition = "(isnan(\(quoted(name))) OR isinf(\(quoted(name))))"
            let file = files ? "_file" : literal(self.files[0])
            statements += [
                """
                INSERT INTO \(target) SELECT \(file), NULL, \(literal(name)), 'not a finite number', CAST(t AS VARCHAR)
                FROM \(table) t WHERE \(condition)
                """,
                "DELETE FROM \(table) WHERE \(condition)",
            ]
        }
        return statements
    }

    /// The rows of a Parquet file that are rejected: casts that fail, and numbers that are none.
    private var parquetFaults: [(column: String, condition: String, reason: String)] {
        zip(header.names, header.types).flatMap { name, type -> [(column: String, condition: String, reason: String)] in
            let column = quoted(name)
            var faults: [(column: String, condition: String, reason: String)] = []
            if source.columns[name].map({ $0 != .text }) == true {
                faults.append(
                    (
                        name, "(\(column) IS NOT NULL AND TRY_CAST(\(column) AS \(type)) IS NULL)",
                        "does not parse as \(type)"
                    ))
            }
            if type == "DOUBLE" || type == "FLOAT" {
                let number = "TRY_CAST(\(column) AS DOUBLE)"
                faults.append(
                    (name, "coalesce(isnan(\(number)) OR isinf(\(number)), false)", "not a finite number"))
            }
            return faults
        }
    }
}
