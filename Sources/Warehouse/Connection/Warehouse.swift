import CADBC
import Core
import Synchronization

/// One database, embedded or on a server, behind its ADBC driver.
///
/// Each thread takes a ``Connection`` of its own. The database closes when the last connection and the warehouse have
/// gone; an embedded DuckDB file belongs to one process at a time until then.
public final class Warehouse: Sendable {
    /// What the warehouse was opened with.
    public let configuration: WarehouseConfiguration
    /// How the database writes SQL.
    public var dialect: Dialect { configuration.dialect }

    var driver: DriverLibrary { database.driver }
    let failure: DriverFailure
    private let database: OpenDatabase

    /// Opens a database, or shares the one that this process has open under the same path.
    ///
    /// - Throws: `missingDependency` if the driver is not installed, `busy` if another process has the file open,
    ///   `unauthorized` or `unavailable` if the server refuses.
    public init(_ configuration: WarehouseConfiguration) throws {
        self.configuration = configuration
        failure = DriverFailure(database: configuration.driver, secrets: configuration.secrets)
        database = try OpenDatabase.take(configuration, failure)
    }

    deinit { database.giveBack(failure) }

    /// Opens a session for one thread.
    ///
    /// - Throws: `unauthorized` or `unavailable`, with the server's words.
    public func connect() throws -> Connection {
        let table = driver.table.pointee
        let connection = UnsafeMutablePointer<AdbcConnection>.allocate(capacity: 1)
        connection.initialize(to: AdbcConnection(private_data: nil, private_driver: driver.table))
        do {
            try database.opening.withLock { _ in
                try failure.check("connect") { table.ConnectionNew(connection, $0) }
                do {
                    try failure.check("connect") { table.ConnectionInit(connection, database.handle, $0) }
                } catch {
                    _ = try? failure.check("close") { table.ConnectionRelease(connection, $0) }
                    throw error
                }
            }
        } catch {
            connection.deallocate()
            throw error
        }
        return try Connection(connection, of: self)
    }
}
