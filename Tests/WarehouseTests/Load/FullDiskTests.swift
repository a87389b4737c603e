import Core
import FoundationEssentials
import TestSupport
import Testing
import Warehouse

@Suite(
    .enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"),
    .enabled(if: SmallDisk.isAvailable, "only root may mount the small disk that this fills"))
struct FullDiskTests {
    private func sales(_ file: String) -> [SourceConfiguration] { [SourceConfiguration(name: "sales", files: [file])] }

    @Test func `a load that fills the disk leaves the last delivery`() throws {
        try TestWarehouses.withFolder { folder in
            let disk = try SmallDisk(megabytes: 8)
            let file = WarehouseConfiguration.duckdb(disk.path + "/shop.duckdb", memory: "500MB", threads: 1)
            try AtomicFile.write("id,price\n001,1.5\n", to: folder + "/small.csv")
            do {
                // Digests do not compress: 300,000 of them are 19 MB.
                try Warehouse(.duckdb()).connect().execute(
                    """
                    copy (select sha256(range::varchar) as id, 1.5 as price from range(300000))
                    to '\(folder)/large.csv' (header)
                    """)
                let connection = try Warehouse(file).connect()
                #expect(try Loader(connection).load(sales(folder + "/small.csv")).sources[0].version == 1)
                let error = #expect(throws: MartletError.self) {
                    try Loader(connection).load(sales(folder + "/large.csv"))
                }
                #expect(error?.code == .outOfSpace, "\(String(describing: error))")
                #expect(error?.hint != nil)
            }
            let connection = try Warehouse(file).connect()
            #expect(try connection.rows("select id, price, _version from raw.sales") == [["001", 1.5, 1]])
            #expect(try connection.tables(in: "raw") == ["_deliveries", "_rejects", "sales", "sales__v1"])
            #expect(disk.files.filter { !$0.hasPrefix("shop.duckdb.tmp") && !$0.hasSuffix(".wal") } == ["shop.duckdb"])
            // Room for a small delivery is there again.
            try AtomicFile.write("id,price\n002,2.5\n", to: folder + "/small.csv")
            #expect(try Loader(connection).load(sales(folder + "/small.csv")).sources[0].version == 2)
        }
    }

    @Test func `a model that fills the disk leaves its last table`() throws {
        let disk = try SmallDisk(megabytes: 8)
        let file = WarehouseConfiguration.duckdb(disk.path + "/shop.duckdb", memory: "500MB", threads: 1)
        func build(_ count: Int64) throws -> TransformReport {
            let model =
                "{{ config(materialized='table') }} select sha256(range::varchar) as id from range({{ var('n') }})"
            return try ProjectFolder.with(["models/digests.sql": model]) {
                try SQLProjectRunner(project: $0.project(["n": .integer(count)]), warehouse: Warehouse(file)).build()
            }
        }
        #expect(try build(3).succeeded)
        let report = try build(300_000)
        #expect(report.models.map(\.status) == [.error])
        #expect(report.models[0].message?.contains("No space left") == true, "\(report.models)")
        let connection = try Warehouse(file).connect()
        #expect(try connection.value("select count(*) from digests") == 3)
        #expect(try connection.tables(in: "main") == ["digests"])
    }
}
