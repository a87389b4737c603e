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

    @Test func `every kind of value arrives as it was sent`() throws {
        try TestWarehouses.withFolder { folder in
            let server = try FakeSnow(in: folder)
            defer { withExtendedLifetime(server) {} }
            let connection = try ServerProcess.connect(server.configuration, within: 60)
            // Longer than one statement may be, so that it is sent in several.
            let long = String(repeating: "\"it's\"\\n\n[é]", count: 50_000)
            let rows = try Table([
                ("text", Column(strings: ["'", "\\", nil, "", long, long])),
                ("real", Column(doubles: [1.5, -1e-300, nil, .infinity, -.infinity, 0.1])),
                ("day", Column(timestamps: [0, 1_600_732_800_000_001, nil, -1, 1, 2])),
            ])
            try connection.ingest(TableSequence(schema: rows.schema, [rows]), into: ["public", "kinds"])
            let found = try connection.rows(
                """
                select md5(text), real = 'inf'::float, real = '-inf'::float, real, cast(day as varchar(26))
                from public.kinds where real is not null order by real
                """)
            let duckdb = try Warehouse(.duckdb()).connect()
            func digest(_ text: String) throws -> JSONValue {
                try duckdb.value("select md5(\(Dialect.duckdb.literal(text)))") ?? .null
            }
            #expect(found.count == 5)
            #expect(found.map { $0[1] == true } == [false, false, false, false, true])
            #expect(found.map { $0[2] == true } == [true, false, false, false, false])
            #expect(try found.map(\.[0]) == [digest(long), digest("\\"), digest(long), digest("'"), digest("")])
            #expect(found[1...3].map(\.[3]) == [-1e-300, 0.1, 1.5])
            #expect(
                found.map { $0[4].string?.prefix(26) } == [
                    "1970-01-01 00:00:00.000001", "2020-09-22 00:00:00.000001", "1970-01-01 00:00:00.000002",
                    "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999",
                ])
            #expect(try connection.rows("select count(*), count(text), count(day) from public.kinds") == [[6, 5, 5]])
        }
    }
}
