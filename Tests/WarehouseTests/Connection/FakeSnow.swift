import FoundationEssentials
import Warehouse

/// A stand-in for Snowflake that its real driver talks to.
struct FakeSnow {
    static let binary =
        (ProcessInfo.processInfo.environment["MARTLET_ROOT"] ?? FileManager.default.currentDirectoryPath)
        + "/.venv/fakesnow/bin/fakesnow"
    static let isAvailable: Bool = {
        guard TestWarehouses.hasDuckDB, FileManager.default.fileExists(atPath: binary) else { return false }
        do {
            _ = try Warehouse(WarehouseConfiguration(driver: "snowflake"))
            return true
        } catch {
            return !"\(error)".contains("not installed")
        }
    }()

    private let server: ServerProcess
    /// How to reach it. Rows are sent by `INSERT`: fakesnow has no stage for the driver's bulk path.
    let configuration: WarehouseConfiguration

    /// Starts one, with its log in `folder`, and waits until it answers.
    init(in folder: String) throws {
        let port = ServerProcess.freePort()
        server = try ServerProcess("\(Self.binary) -s -p \(port)", port: port, log: "\(folder)/log")
        configuration = WarehouseConfiguration(
            driver: "snowflake",
            options: [
                "adbc.snowflake.sql.account": "fakesnow", "username": "fake", "password": "snow",
                "adbc.snowflake.sql.db": "shop", "adbc.snowflake.sql.schema": "public",
                "adbc.snowflake.sql.uri.protocol": "http", "adbc.snowflake.sql.uri.host": "127.0.0.1",
                "adbc.snowflake.sql.uri.port": "\(port)",
            ], ingestion: .insert, secrets: ["snow"])
        let deadline = ContinuousClock.now + .seconds(120)
        while !((try? String(contentsOfFile: "\(folder)/log", encoding: .utf8))?.contains("running on") ?? false),
            ContinuousClock.now < deadline
        {
            Thread.pause(milliseconds: 200)
        }
    }
}
