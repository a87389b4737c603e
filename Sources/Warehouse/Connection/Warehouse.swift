import CADBC
import Core
import Synchronization

/// One database, embedded or on a server, behind its ADBC driver.
///
/// Each thread takes a ``Connection`` of its own. The database closes when the last connection and the warehouse have
/// gone; an embedded DuckDB file belongs to one process at a time until then.
public final class Warehouse: @unchecked Sendable {
    // Sendable: the handle is written in `init` and freed in `deinit`; in between drivers allow connections to be made
    // from any thread, and `opening` makes them one after the other all the same.

    /// What the warehouse was opened with.
    public let configuration: WarehouseConfiguration
    /// How the database writes SQL.
    public var dialect: Dialect { configuration.dialect }

    let driver: DriverLibrary
    let failure: DriverFailure
    private let handle: UnsafeMutablePointer<AdbcDatabase>
    private let opening = Mutex<Void>(())

    /// Opens a database.
    ///
    /// - Throws: `missingDependency` if the driver is not installed, `busy` if another process has the file open,
    ///   `unauthorized` or `unavailable` if the server refuses.
    public init(_ configuration: WarehouseConfiguration) throws {
        self.configuration = configuration
        let driver = try DriverLibrary.load(configuration.driver)
        let failure = DriverFailure(database: configuration.driver, secrets: configuration.secrets)
        let handle = UnsafeMutablePointer<AdbcDatabase>.allocate(capacity: 1)
        handle.initialize(to: AdbcDatabase(private_data: nil, private_driver: driver.table))
        do {
            let table = driver.table.pointee
            try failure.check("open") { table.DatabaseNew(handle, $0) }
            do {
                for (key, value) in configuration.options.sorted(by: { $0.key < $1.key }) {
                    try failure.check("option \(key)") { table.DatabaseSetOption(handle, key, value, $0) }
                }
                try failure.check("open") { table.DatabaseInit(handle, $0) }
            } catch {
                _ = try? failure.check("close") { table.DatabaseRelease(handle, $0) }
                throw error
            }
        } catch {
            handle.deallocate()
            throw error
        }
        self.driver = driver
        self.failure = failure
        self.handle = handle
    }

    deinit {
        _ = try? failure.check("close") { driver.table.pointee.DatabaseRelease(handle, $0) }
        handle.deallocate()
    }

    /// Opens a session for one thread.
    ///
    /// - Throws: `unauthorized` or `unavailable`, with the server's words.
    public func connect() throws -> Connection {
        let table = driver.table.pointee
        let connection = UnsafeMutablePointer<AdbcConnection>.allocate(capacity: 1)
        connection.initialize(to: AdbcConnection(private_data: nil, private_driver: driver.table))
        do {
            try opening.withLock { _ in
                try failure.check("connect") { table.ConnectionNew(connection, $0) }
                do {
                    try failure.check("connect") { table.ConnectionInit(connection, handle, $0) }
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
