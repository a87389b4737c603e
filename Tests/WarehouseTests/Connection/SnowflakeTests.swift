import Core
import FoundationEssentials
import Testing
import Warehouse

// Skipped where the Python environment `fakesnow` (scripts/venv fakesnow) or Snowflake's driver are absent.
@Suite(
    .enabled(if: FakeSnow.isAvailable, "fakesnow, Snowflake's ADBC driver or DuckDB are not installed"),
    .tags(.server), .serialized, .timeLimit(.minutes(10)))
struct SnowflakeTests {
    @Test func `the real driver queries, loads and replaces`() throws {
        try TestWarehouses.withFolder { folder in
            let server = try FakeSnow(in: folder)
            defer { withExtendedLifetime(server) {} }
            let connection = try ServerProcess.connect(server.configuration, within: 60)
            #expect(connection.dialect == .snowflake)
            let stream = try connection.query("SELECT 1 AS a, 'x' AS b, 2.5::FLOAT AS c")
            #expect(stream.schema.names == ["a", "b", "c"])
            let table = try #require(try stream.next())
            #expect(table.columns.map { $0.value(0) } == [1, "x", 2.5])

            let path = "\(folder)/a.csv"
            try AtomicFile.write("id,price,day,note\n001,1.5,2020-01-01,it's\n002,2.5,2020-01-02,\n", to: path)
            let source = SourceConfiguration(name: "sales", files: [path])
            let first = try Loader(connection).load([source]).sources[0]
            #expect(first.rows == 2 && first.version == 1)
            #expect(try Loader(connection).load([source]).sources[0].skipped)
            #expect(
                try connection.rows("SELECT id, price, note FROM raw.sales ORDER BY id") == [
                    ["001", 1.5, "it's"], ["002", 2.5, .null],
                ])
            try AtomicFile.write("id,price,day,note\n003,1.5,2020-01-01,x\n", to: path)
            #expect(try Loader(connection).load([source]).sources[0].version == 2)
            #expect(try connection.rows("SELECT id FROM raw.sales") == [["003"]])
        }
    }
}
