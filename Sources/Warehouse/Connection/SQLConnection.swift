import Core

/// One session with a database: statements run one after the other, and each thread has a session of its own.
public protocol SQLConnection: AnyObject {
    /// How this database writes names, literals and types.
    var dialect: Dialect { get }

    /// Runs one statement whose rows nobody wants.
    ///
    /// - Returns: how many rows it changed, where the database says so.
    /// - Throws: `invalidData`, `notFound`, `unauthorized`, `unavailable` or `outOfSpace`, with the database's words.
    @discardableResult
    func execute(_ sql: String) throws -> Int?

    /// Runs one statement and hands out its rows batch by batch.
    ///
    /// The connection can be used again once the stream has ended or has been let go.
    ///
    /// - Throws: as ``execute(_:)``; the stream may throw the same later.
    func query(_ sql: String) throws -> any TableStream
}

extension SQLConnection {
    /// All rows of a small answer, each a list of values in the order of the columns.
    ///
    /// - Throws: as ``query(_:)``.
    public func rows(_ sql: String) throws -> [[JSONValue]] {
        let stream = try query(sql)
        var rows: [[JSONValue]] = []
        while let table = try stream.next() {
            for row in 0..<table.rowCount { rows.append(table.columns.map { $0.value(row) }) }
        }
        return rows
    }

    /// The first value of the first row, or nil.
    ///
    /// - Throws: as ``query(_:)``.
    public func value(_ sql: String) throws -> JSONValue? { try rows(sql).first?.first }

    /// Runs `body` inside a transaction: all of it happens, or nothing.
    ///
    /// - Throws: what `body` throws, after rolling back.
    @discardableResult
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            _ = try? execute("ROLLBACK")
            throw error
        }
    }
}
