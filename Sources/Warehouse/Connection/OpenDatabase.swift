import CADBC
import Core
import Synchronization

/// A database that this process has open.
///
/// A file of an embedded database is opened once, however many warehouses name it: two instances of one engine on one file
/// would write over each other, and one that closes while another opens takes it down. Opening, sharing and closing happen
/// under one lock.
final class OpenDatabase: @unchecked Sendable {
    // Sendable: the handle is written before anyone else sees the object and freed by the last user; in between drivers
    // allow connections to be made from any thread, and `opening` makes them one after the other all the same.

    let handle: UnsafeMutablePointer<AdbcDatabase>
    let driver: DriverLibrary
    /// Held while a connection is made.
    let opening = Mutex<Void>(())
    /// What others find it by; nil if it is nobody else's.
    private let key: String?

    private static let shared = Mutex<[String: (database: OpenDatabase, users: Int)]>([:])

    /// The database that the configuration names, opened now if it was not yet.
    ///
    /// - Throws: what the driver says.
    static func take(_ configuration: WarehouseConfiguration, _ failure: DriverFailure) throws -> OpenDatabase {
        let driver = try DriverLibrary.load(configuration.driver)
        guard let path = configuration.options["path"], configuration.dialect == .duckdb, path != ":memory:",
            !path.isEmpty
        else { return try OpenDatabase(configuration, driver, failure, key: nil) }
        let options = configuration.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let key = options.joined(separator: "\n")
        return try shared.withLock { open in
            if let found = open[key] {
                open[key] = (found.database, found.users + 1)
                return found.database
            }
            let database = try OpenDatabase(configuration, driver, failure, key: key)
            open[key] = (database, 1)
            return database
        }
    }

    private init(
        _ configuration: WarehouseConfiguration, _ driver: DriverLibrary, _ failure: DriverFailure, key: String?
    ) throws {
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
        self.handle = handle
        self.driver = driver
        self.key = key
    }

    /// Ends one use; the last one closes the database.
    func giveBack(_ failure: DriverFailure) {
        guard let key else { return close(failure) }
        Self.shared.withLock { open in
            guard let found = open[key], found.users > 1 else {
                close(failure)
                open[key] = nil
                return
            }
            open[key] = (found.database, found.users - 1)
        }
    }

    private func close(_ failure: DriverFailure) {
        _ = try? failure.check("close") { driver.table.pointee.DatabaseRelease(handle, $0) }
        handle.deallocate()
    }
}
