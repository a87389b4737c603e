import CADBC
import Core

/// A session with a ``Warehouse``: one thread, one statement at a time.
public final class Connection: SQLConnection {
    /// The database.
    public let warehouse: Warehouse
    /// How the database writes SQL.
    public var dialect: Dialect { warehouse.dialect }

    let handle: UnsafeMutablePointer<AdbcConnection>
    var table: AdbcDriver { warehouse.driver.table.pointee }
    var failure: DriverFailure { warehouse.failure }

    init(_ handle: UnsafeMutablePointer<AdbcConnection>, of warehouse: Warehouse) throws {
        self.handle = handle
        self.warehouse = warehouse
        if dialect == .duckdb {
            // 64-bit offsets are ours too: text columns then come without a copy.
            try execute("SET arrow_large_buffer_size = true")
        }
    }

    deinit {
        _ = try? failure.check("close") { table.ConnectionRelease(handle, $0) }
        handle.deallocate()
    }

    /// Runs one statement for its effect; see ``SQLConnection/execute(_:)``.
    @discardableResult
    public func execute(_ sql: String) throws -> Int? {
        let statement = try Statement(self)
        try statement.setQuery(sql)
        return try statement.execute()
    }

    /// Runs one statement for its rows, handed out in place from the driver's memory.
    public func query(_ sql: String) throws -> any TableStream {
        let statement = try Statement(self)
        try statement.setQuery(sql)
        return try ArrowStreamReader(
            statement.executeQuery(), statement: statement, lowercasing: dialect.foldsToCapitals)
    }
}
