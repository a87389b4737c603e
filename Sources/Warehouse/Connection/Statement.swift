import CADBC
import Core

/// A statement of a driver; it keeps its connection alive, and is released when nobody reads its rows any more.
final class Statement {
    let connection: Connection
    private let handle: UnsafeMutablePointer<AdbcStatement>
    private var sql = ""
    private var isOpen = false

    init(_ connection: Connection) throws {
        self.connection = connection
        handle = .allocate(capacity: 1)
        handle.initialize(to: AdbcStatement(private_data: nil, private_driver: connection.warehouse.driver.table))
        // Throwing from here on runs `deinit`: the class is whole.
        try connection.failure.check("statement") { connection.table.StatementNew(connection.handle, handle, $0) }
        isOpen = true
    }

    deinit {
        if isOpen {
            _ = try? connection.failure.check("close") { connection.table.StatementRelease(handle, $0) }
        }
        handle.deallocate()
    }

    func setQuery(_ sql: String) throws {
        self.sql = sql
        try connection.failure.check(work) { connection.table.StatementSetSqlQuery(handle, sql, $0) }
    }

    func setOption(_ key: String, _ value: String) throws {
        try connection.failure.check("option \(key)") {
            connection.table.StatementSetOption(handle, key, value, $0)
        }
    }

    /// Binds rows to send; the driver takes the stream over.
    func bind(_ stream: inout ArrowArrayStream) throws {
        try connection.failure.check("bind") { connection.table.StatementBindStream(handle, &stream, $0) }
    }

    /// Runs the statement for its effect.
    func execute() throws -> Int? {
        var rows: Int64 = -1
        try connection.failure.check(work) { connection.table.StatementExecuteQuery(handle, nil, &rows, $0) }
        return rows >= 0 ? Int(rows) : nil
    }

    /// Runs the statement for its rows.
    func executeQuery() throws -> ArrowArrayStream {
        var rows: Int64 = -1
        var stream = ArrowArrayStream()
        try connection.failure.check(work) {
            connection.table.StatementExecuteQuery(handle, &stream, &rows, $0)
        }
        return stream
    }

    /// What errors call this statement: its first line, shortened.
    var work: String {
        let line = sql.split(whereSeparator: \.isNewline).first.map(String.init) ?? "statement"
        return line.count > 80 ? "\(line.prefix(77))…" : line
    }
}
