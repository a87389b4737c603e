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
    /// All rows of a small answer as one table; an answer without rows gives an empty table.
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

extension Column {
    /// The value at `row` as JSON: a list column gives an array, a timestamp its microseconds.
    public func value(_ row: Int) -> JSONValue {
        if isNull(row) { return .null }
        if let listOffsets {
            return .array((Int(listOffsets[row])..<Int(listOffsets[row + 1])).map(element))
        }
        return element(row)
    }

    private func element(_ index: Int) -> JSONValue {
        switch values {
        case .bool(let buffer): .bool(buffer[index] != 0)
        case .int32(let buffer): .integer(Int64(buffer[index]))
        case .int64(let buffer), .timestamp(let buffer): .integer(buffer[index])
        case .float32(let buffer): .number(Double(buffer[index]))
        case .float64(let buffer): .number(buffer[index])
        case .string(let offsets, let bytes):
            .string(
                String(decoding: bytes.values[Int(offsets[index])..<Int(offsets[index + 1])], as: UTF8.self))
        }
    }
}
