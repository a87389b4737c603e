import Core

/// What a file says of its columns, and how its lines are written.
struct FileHeader {
    var isParquet = false
    var names: [String] = []
    /// Types as SQL writes them, by column.
    var types: [String] = []
    var delimiter = ","
    var quote = "\""
    var escape = "\""
    var dateFormat: String?
    var timestampFormat: String?

    /// Whether two files can be read by one scan.
    func canShare(_ other: FileHeader) -> Bool {
        isParquet == other.isParquet && names == other.names && delimiter == other.delimiter && quote == other.quote
            && escape == other.escape && dateFormat == other.dateFormat && timestampFormat == other.timestampFormat
            && (!isParquet || types == other.types)
    }

    /// Takes in the types of another file: what both can hold.
    mutating func widen(by other: FileHeader) {
        for index in types.indices where types[index] != other.types[index] {
            let pair = Set([types[index], other.types[index]])
            types[index] =
                pair == ["BIGINT", "DOUBLE"] ? "DOUBLE" : pair == ["DATE", "TIMESTAMP"] ? "TIMESTAMP" : "VARCHAR"
        }
    }
}

extension SourceReader {
    /// What a Parquet file says of its columns.
    func parquetHeader(_ file: String) throws -> FileHeader {
        var header = FileHeader(isParquet: true)
        let sql =
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(\(Dialect.duckdb.literal(file))))"
        for row in try unreadable(file, { try engine.rows(sql) }) {
            header.names.append(row[0].string ?? "")
            header.types.append(row[1].string ?? "")
        }
        for index in header.names.indices {
            let name = header.names[index]
            if let declared = source.columns[name] {
                header.types[index] = declared.sql
            } else if SourceConfiguration.isIdentifier(name, typed: true) {
                header.types[index] = "VARCHAR"
            }
        }
        return header
    }

    /// What the first lines of a CSV file show: how it is written, its columns and their likely types.
    func csvHeader(_ file: String) throws -> FileHeader {
        let literal = Dialect.duckdb.literal(file)
        var arguments = "\(literal), header = true, ignore_errors = true"
        if let delimiter = source.delimiter { arguments += ", delim = \(Dialect.duckdb.literal(delimiter))" }
        let sniffed = try unreadable(file) {
            try engine.rows(
                """
                SELECT Delimiter, Quote, Escape, DateFormat, TimestampFormat, c.name, c.type
                FROM (SELECT *, unnest(Columns) AS c FROM sniff_csv(\(arguments)))
                """)
        }
        guard let first = sniffed.first else {
            throw MartletError(.invalidData, "\(file) has no columns", at: source.location)
        }
        func sign(_ value: JSONValue, _ fallback: String) -> String {
            guard let text = value.string, !text.isEmpty, text != "(empty)" else { return fallback }
            return text
        }
        func format(_ value: JSONValue) -> String? { value.string.flatMap { $0.isEmpty ? nil : $0 } }
        var header = FileHeader()
        header.delimiter = sign(first[0], ",")
        if header.delimiter == "\\t" { header.delimiter = "\t" }
        header.quote = sign(first[1], "\"")
        header.escape = sign(first[2], header.quote)
        header.dateFormat = format(first[3])
        header.timestampFormat = format(first[4])
        header.names = sniffed.map { $0[5].string ?? "" }
        header.types = sniffed.map { Self.plain($0[6].string ?? "") }
        for index in header.names.indices {
            let name = header.names[index]
            if let declared = source.columns[name] {
                header.types[index] = declared.sql
            } else if SourceConfiguration.isIdentifier(name, typed: false) {
                header.types[index] = "VARCHAR"
            }
        }
        try keepLeadingZeros(&header, of: file)
        return header
    }

    /// Columns that look like whole numbers but begin with zeros somewhere are text.
    private func keepLeadingZeros(_ header: inout FileHeader, of file: String) throws {
        let suspects = header.names.indices.filter {
            header.types[$0] == "BIGINT" && source.columns[header.names[$0]] == nil
        }
        guard !suspects.isEmpty else { return }
        let tests = suspects.map {
            "coalesce(bool_or(regexp_matches(\(Dialect.duckdb.quote(header.names[$0])), '^[-+]?0[0-9]')), false)"
        }
        var texts = header
        texts.types = header.types.map { _ in "VARCHAR" }
        let group = FileGroup(files: [file], header: texts, source: source)
        let found = try engine.rows(
            "SELECT \(tests.joined(separator: ", ")) FROM (SELECT * FROM \(group.scan(extra: "ignore_errors = true")) LIMIT 20000)"
        )
        for (index, isText) in zip(suspects, found[0]) where isText == true { header.types[index] = "VARCHAR" }
    }

    /// The type for what DuckDB saw.
    private static func plain(_ type: String) -> String {
        switch type {
        case "BIGINT", "DOUBLE", "BOOLEAN", "DATE": type
        case _ where type.hasPrefix("TIMESTAMP"): "TIMESTAMP"
        default: "VARCHAR"
        }
    }

    private func unreadable<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as MartletError where error.code == .invalidData || error.code == .notFound {
            if error.message.contains("Header options") {
                throw MartletError(
                    .invalidData, "\(file) is empty or has no header line",
                    hint: "the first line names the columns", at: source.location)
            }
            throw MartletError(
                .invalidData, "\(file) cannot be read", hint: "is it complete, and what its name says it is?",
                at: source.location, underlying: error)
        }
    }
}
