import Core
import Testing
import Warehouse

// Skipped where DuckDB's library is not installed: `scripts/install-driver duckdb` installs it.
@Suite(.enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"))
struct DuckDBTests {
    let connection: Connection

    init() throws { connection = try Warehouse(.duckdb()).connect() }

    @Test func `every type arrives with its values and its nulls`() throws {
        let stream = try connection.query(
            """
            SELECT * FROM (VALUES
              (true, 1::TINYINT, 2::SMALLINT, 3::INTEGER, 4::BIGINT, 5::UINTEGER, 6::HUGEINT, 1.5::FLOAT, 2.5::DOUBLE,
               '0108775015', DATE '2020-09-22', TIMESTAMP '2020-09-22 01:02:03.000004', 12.25::DECIMAL(10, 2), [1, 2, 3],
               'b'::ENUM('a', 'b'), TIMESTAMP_NS '1969-12-31 23:59:59.999999500', 'x'::BLOB),
              (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
            t(b, i1, i2, i4, i8, u4, huge, f, d, s, day, ts, dec, l, e, ns, raw)
            """)
        #expect(
            stream.schema.columns.map(\.type) == [
                .bool, .int32, .int32, .int32, .int64, .int64, .int64, .float32, .float64, .string, .timestamp,
                .timestamp, .float64, .int32, .string, .timestamp, .string,
            ])
        #expect(stream.schema["l"]?.isList == true)
        let table = try #require(try stream.next())
        #expect(try stream.next() == nil)
        let expected: [JSONValue] = [
            true, 1, 2, 3, 4, 5, 6, 1.5, 2.5, "0108775015", 1_600_732_800_000_000, 1_600_736_523_000_004, 12.25,
            [1, 2, 3], "b", -1, "x",
        ]
        #expect(table.columns.map { $0.value(0) } == expected)
        #expect(table.columns.allSatisfy { $0.value(1) == .null })
    }

    @Test func `a long answer comes in batches with nothing lost`() throws {
        let stream = try connection.query(
            "SELECT i, 'item ' || i AS name, CASE WHEN i % 3 = 0 THEN NULL ELSE i::DOUBLE END AS x FROM range(100000) t(i)"
        )
        var next: Int64 = 0
        while let table = try stream.next() {
            for row in 0..<table.rowCount {
                let values = table.columns.map { $0.value(row) }
                let real: JSONValue = next % 3 == 0 ? .null : .number(Double(next))
                #expect(values == [.integer(next), .string("item \(next)"), real])
                next += 1
            }
        }
        #expect(next == 100_000)
    }

    @Test func `columns outlive their stream and their connection`() throws {
        var kept: Table?
        do {
            let stream = try Warehouse(.duckdb()).connect().query(
                "SELECT 42::BIGINT AS a, 'longer than twelve bytes' AS b")
            kept = try stream.next()
        }
        #expect(kept?.columns.map { $0.value(0) } == [42, "longer than twelve bytes"])
    }

    @Test func `what is sent comes back`() throws {
        let table = try Table([
            ("text", Column(strings: ["a", nil, "ü", ""])), ("real", Column(doubles: [1, nil, .infinity, -2])),
            ("whole", Column(integers: [1, nil, -3, .max])),
            ("when", Column(timestamps: [0, nil, -1, 1_600_732_800_000_000])),
            ("truth", Column(.bool(Buffer([1, 0, 1, 0])))), ("small", Column(.int32(Buffer([1, 2, 3, 4])))),
            ("single", Column(.float32(Buffer([1, 2, 3, 4])))),
        ])
        let expected = (0..<4).map { row in table.columns.map { $0.value(row) } }
        for mode in [IngestMode.create, .replace] {
            let count = try connection.ingest(TableSequence(schema: table.schema, [table]), into: ["sent"], mode: mode)
            #expect(count == 4)
            #expect(try connection.rows("SELECT * FROM sent") == expected)
        }
        try connection.ingest(TableSequence(schema: table.schema, [table]), into: ["sent"], mode: .createOrAppend)
        #expect(try connection.value("SELECT count(*) FROM sent") == 8)
    }

    @Test func `a failed transaction leaves nothing`() throws {
        try connection.execute("CREATE TABLE t (a INTEGER)")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try connection.value("SELECT count(*) FROM t") == 0)
        try connection.transaction { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(try connection.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `the catalogue lists tables and columns`() throws {
        try connection.execute("CREATE SCHEMA raw")
        try connection.execute("CREATE TABLE raw.b (x VARCHAR, y DOUBLE)")
        try connection.execute("CREATE VIEW raw.a AS SELECT * FROM raw.b")
        #expect(try connection.tables(in: "raw") == ["a", "b"])
        #expect(try connection.hasTable(["raw", "a"]))
        #expect(try !connection.hasTable(["raw", "c"]))
        #expect(
            try connection.columns(of: ["raw", "b"])
                == Schema([ColumnSchema("x", .string), ColumnSchema("y", .float64)]))
    }

    @Test(arguments: [
        ("SELECT 1 AS a, 2 AS a", MartletError.Code.invalidData, "two columns named 'a'"),
        ("SELECT * FROM nowhere", .notFound, "nowhere"),
        ("SELEKT 1", .invalidData, "SELEKT"),
        ("SELECT {'a': 1} AS s", .invalidData, "CAST(s AS VARCHAR)"),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT AS big", .invalidData, "big"),
    ])
    func `faults say what and where`(sql: String, code: MartletError.Code, words: String) throws {
        let error = #expect(throws: MartletError.self) { _ = try connection.rows(sql) }
        #expect(error?.code == code)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
