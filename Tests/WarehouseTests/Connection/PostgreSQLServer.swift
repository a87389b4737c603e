import FoundationEssentials
import Testing
import Warehouse

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A PostgreSQL of its own in a temporary folder, as user `postgres` when the tests run as root.
final class PostgreSQLServer: Sendable {
    /// The server of the suite that runs, see ``PostgreSQLTrait``.
    @TaskLocal static var current: PostgreSQLServer?

    static let binaries: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.sorted().last.map { "/usr/lib/postgresql/\($0)/bin" }
    }()

    /// Whether the server, the driver and DuckDB are installed.
    static let isAvailable: Bool = {
        guard binaries != nil, TestWarehouses.hasDuckDB else { return false }
        do {
            _ = try Warehouse(
                WarehouseConfiguration(driver: "postgresql", options: ["uri": "postgresql://127.0.0.1:1/x"])
            )
            .connect()
            return true
        } catch {
            return !"\(error)".contains("not installed")
        }
    }()

    let folder: String
    let port: Int
    private let process: ServerProcess
    let configuration: WarehouseConfiguration

    init() throws {
        folder = "/tmp/martlet-postgres-\(UUID().uuidString)"
        port = ServerProcess.freePort()
        let prefix = getuid() == 0 ? "runuser -u postgres -- " : ""
        let binaries = Self.binaries ?? ""
        let folder = folder
        _ = ServerProcess.run(
            "mkdir -m 777 \(folder) && echo secret-pw > \(folder)/pw && cd \(folder) && "
                + "\(prefix)\(binaries)/initdb -D \(folder)/db -U shop -N -E UTF8 --locale=C -A scram-sha-256 --pwfile=\(folder)/pw >/dev/null 2>&1"
        )
        // `setpriv` keeps the process id that we end, where `runuser` would fork.
        let become = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups " : ""
        process = try ServerProcess(
            "\(become)\(binaries)/postgres -D \(folder)/db -p \(port) -c listen_addresses=127.0.0.1 "
                + "-c unix_socket_directories=\(folder) -c fsync=off",
            port: port, log: "\(folder)/log")
        configuration = Self.configuration(port: port, password: "secret-pw")
    }

    deinit {
        process.stop(SIGINT)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A new database on this server.
    func database() throws -> WarehouseConfiguration {
        let name = "shop_" + UUID().uuidString.filter(\.isHexDigit).lowercased()
        try ServerProcess.connect(configuration, within: 60).execute("CREATE DATABASE \(name)")
        return Self.configuration(port: port, password: "secret-pw", database: name)
    }

    /// Ends the server as a power cut would.
    func die() { process.stop(SIGQUIT) }

    static func configuration(port: Int, password: String, database: String = "postgres") -> WarehouseConfiguration {
        WarehouseConfiguration(
            driver: "postgresql", options: ["uri": "postgresql://shop:\(password)@127.0.0.1:\(port)/\(database)"],
            secrets: [password])
    }
}

/// One server for all tests of a suite, started before the first and ended after the last.
struct PostgreSQLTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await PostgreSQLServer.$current.withValue(PostgreSQLServer(), operation: function)
    }
}

extension Trait where Self == PostgreSQLTrait {
    /// The suite has a PostgreSQL, ``PostgreSQLServer/current``.
    static var postgresql: Self { PostgreSQLTrait() }
}
