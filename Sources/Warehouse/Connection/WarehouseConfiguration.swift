import Core
import FoundationEssentials

/// Which database holds the tables, and how to reach it: the `warehouse` part of a project.
///
/// ```yaml
/// warehouse: {driver: duckdb, path: warehouse.duckdb, memory: 4GB, threads: 2, compress-text: false}
/// ```
/// ```yaml
/// warehouse:
///   driver: postgresql
///   uri: postgresql://shop:${env:SHOP_PASSWORD}@db.example.org/shop
/// ```
/// ```yaml
/// warehouse:
///   driver: snowflake
///   uri: martlet:${env:SNOWFLAKE_PASSWORD}@account/SHOP/PUBLIC?warehouse=WH
/// ```
public struct WarehouseConfiguration: Sendable {
    /// How rows reach a table of a server.
    public enum Ingestion: String, Sendable, CaseIterable {
        /// The driver's bulk path (`COPY`, a stage).
        case bulk
        /// `INSERT` statements of many rows: slower, and understood everywhere.
        case insert
    }

    /// `duckdb`, `postgresql`, `snowflake`, `sqlite`, or the path of an ADBC driver's library.
    public var driver: String
    /// The driver's own options by name.
    public var options: [String: String]
    /// How rows reach a table.
    public var ingestion: Ingestion
    /// Whether texts are compressed in the tables that the SQL project builds in DuckDB: less than half the disk, for
    /// about twice the time. What is loaded from files is compressed always.
    public var compressesText = false
    /// Texts from the environment that no message may show.
    public var secrets: [String]

    /// Describes a database.
    public init(
        driver: String, options: [String: String] = [:], ingestion: Ingestion = .bulk, secrets: [String] = []
    ) {
        self.driver = driver
        self.options = options
        self.ingestion = ingestion
        self.secrets = secrets
    }

    /// DuckDB in a file, or in memory if `path` is nil.
    public static func duckdb(_ path: String? = nil, memory: String? = nil, threads: Int? = nil)
        -> WarehouseConfiguration
    {
        var options = ["path": path ?? ":memory:"]
        options["memory_limit"] = memory ?? defaultMemory
        if let threads { options["threads"] = "\(threads)" }
        return WarehouseConfiguration(driver: "duckdb", options: options)
    }

    /// DuckDB's share of the machine's memory unless the project says otherwise: half, and at most 4 GB.
    static var defaultMemory: String {
        "\(max(512, min(4000, Int(ProcessInfo.processInfo.physicalMemory / 2_000_000))))MB"
    }

    /// How the database writes SQL.
    public var dialect: Dialect {
        let name = driver.split(separator: "/").last.map(String.init) ?? driver
        if name.contains("duckdb") { return .duckdb }
        if name.contains("postgresql") { return .postgresql }
        return name.contains("snowflake") ? .snowflake : .generic
    }
}
