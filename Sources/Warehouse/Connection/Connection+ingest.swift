import CADBC
import Core

/// What becomes of a table that is there already when rows are sent to it.
public enum IngestMode: Sendable {
    /// The table must not exist yet.
    case create
    /// The table must exist.
    case append
    /// The table is dropped first.
    case replace
    /// The table is made if it does not exist.
    case createOrAppend
}

extension Connection {
    /// Sends rows to a table, by the driver's bulk path or by `INSERT` as the configuration says.
    ///
    /// - Parameters:
    ///   - rows: the rows; columns that hold lists are refused.
    ///   - path: the table, `["schema", "table"]` or `["table"]`.
    ///   - mode: what becomes of a table that is there.
    /// - Returns: how many rows were sent.
    /// - Throws: what the stream throws; `invalidData`, `unavailable` or `outOfSpace` of the database. Inside a
    ///   transaction nothing is left after rolling back.
    @discardableResult
    public func ingest(_ rows: any TableStream, into path: [String], mode: IngestMode = .create) throws -> Int {
        precondition(!path.isEmpty, "a table has a name")
        var exists = mode == .append
        switch mode {
        case .create, .append: break
        case .replace: try execute("DROP TABLE IF EXISTS \(dialect.quote(path))")
        case .createOrAppend: exists = try hasTable(path)
        }
        let counter = CountingStream(rows)
        if !exists { try execute(createStatement(path, rows.schema)) }
        switch warehouse.configuration.ingestion {
        case .bulk: try sendInBulk(counter, into: path)
        case .insert where dialect == .snowflake: try sendAsJSON(counter, into: path)
        case .insert: try sendByInsert(counter, into: path)
        }
        return counter.count
    }

    /// `CREATE TABLE` for a schema.
    func createStatement(_ path: [String], _ schema: Schema) -> String {
        let columns = schema.columns.map { "\(dialect.quote($0.name)) \(dialect.name(of: $0.type))" }
        return "CREATE TABLE \(dialect.quote(path)) (\(columns.joined(separator: ", ")))"
    }

    private func sendInBulk(_ rows: CountingStream, into path: [String]) throws {
        let statement = try Statement(self)
        func name(_ text: String) -> String { dialect.foldsToCapitals ? text.uppercased() : text }
        try statement.setOption("adbc.ingest.target_table", name(path[path.count - 1]))
        if path.count > 1 { try statement.setOption("adbc.ingest.target_db_schema", name(path[path.count - 2])) }
        try statement.setOption("adbc.ingest.mode", "adbc.ingest.mode.append")
        let writer = try ArrowStreamWriter(rows)
        var stream = writer.stream()
        do {
            try statement.bind(&stream)
            _ = try statement.execute()
        } catch {
            throw writer.failure ?? error
        }
        if let failure = writer.failure { throw failure }
    }

    private func sendByInsert(_ rows: CountingStream, into path: [String]) throws {
        let head = "INSERT INTO \(dialect.quote(path)) VALUES "
        var values: [String] = []
        while let table = try rows.next() {
            for row in 0..<table.rowCount {
                values.append("(" + table.columns.map { literal($0, row) }.joined(separator: ", ") + ")")
                if values.count == 1000 {
                    try execute(head + values.joined(separator: ", "))
                    values.removeAll(keepingCapacity: true)
                }
            }
        }
        if !values.isEmpty { try execute(head + values.joined(separator: ", ")) }
    }

    private func literal(_ column: Column, _ row: Int) -> String {
        if column.isNull(row) { return "NULL" }
        switch column.values {
        case .bool(let values): return values[row] != 0 ? "TRUE" : "FALSE"
        case .int32(let values): return "\(values[row])"
        case .int64(let values): return "\(values[row])"
        case .float32(let values): return real(Double(values[row]))
        case .float64(let values): return real(values[row])
        case .timestamp(let values): return "CAST('\(Moment.text(values[row]))' AS \(dialect.name(of: .timestamp)))"
        case .string: return dialect.literal(column.text(row) ?? "")
        }
    }

    private func real(_ value: Double) -> String {
        value.isFinite ? "\(value)" : "CAST('\(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")' AS FLOAT)"
    }
}

extension Connection {
    /// How many bytes of rows one statement carries: Snowflake takes a megabyte of text.
    private static let statementBytes = 900_000

    /// Sends rows to Snowflake as one JSON text a statement. `VALUES` takes 16,384 rows at most, and its parsing takes
    /// ten times as long as all the rest.
    private func sendAsJSON(_ rows: CountingStream, into path: [String]) throws {
        let columns = rows.schema.columns.enumerated().map { "f.value[\($0)]::\(dialect.name(of: $1.type))" }
        let head = "INSERT INTO \(dialect.quote(path)) SELECT \(columns.joined(separator: ", ")) FROM TABLE(FLATTEN("
        var text = ""
        func send() throws {
            guard !text.isEmpty else { return }
            try execute("\(head)INPUT => PARSE_JSON('[\(text)]'))) f")
            text.removeAll(keepingCapacity: true)
        }
        while let table = try rows.next() {
            for row in 0..<table.rowCount {
                let line = JSONValue.array(table.columns.map { json($0, row) }).description
                let literal = dialect.literal(line).dropFirst().dropLast()
                if text.utf8.count + literal.utf8.count > Self.statementBytes { try send() }
                text += text.isEmpty ? literal : "," + literal
            }
        }
        try send()
    }

    private func json(_ column: Column, _ row: Int) -> JSONValue {
        if column.isNull(row) { return .null }
        switch column.values {
        case .timestamp(let values): return .string(Moment.text(values[row]))
        case .float32(let values): return json(Double(values[row]))
        case .float64(let values): return json(values[row])
        default: return column.value(row)
        }
    }

    /// JSON has no word for what is not finite; Snowflake reads it from text.
    private func json(_ value: Double) -> JSONValue {
        value.isFinite ? .number(value) : .string(value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf")
    }
}

/// Counts the rows that pass.
final class CountingStream: TableStream {
    let schema: Schema
    private(set) var count = 0
    private let source: any TableStream

    init(_ source: any TableStream) {
        self.source = source
        schema = source.schema
    }

    func next() throws -> Table? {
        let table = try source.next()
        count += table?.rowCount ?? 0
        return table
    }
}
