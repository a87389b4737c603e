import Core
import Testing
import Warehouse

// Skipped where PostgreSQL's server, its ADBC driver or DuckDB are not installed.
@Suite(
    .enabled(if: PostgreSQLServer.isAvailable, "PostgreSQL, its ADBC driver or DuckDB are not installed"),
    .postgresql, .tags(.server), .serialized, .timeLimit(.minutes(5)))
struct PostgreSQLTests {
    /// A database of its own for each test.
    let configuration: WarehouseConfiguration
    let connection: Connection

    init() throws {
        configuration = try #require(PostgreSQLServer.current).database()
        connection = try Warehouse(configuration).connect()
    }

    @Test func `types, rows and transactions`() throws {
        #expect(connection.dialect == .postgresql)
        let stream = try connection.query(
            """
            SELECT true AS b, 1::SMALLINT AS i2, 2 AS i4, 3::BIGINT AS i8, 1.5::REAL AS f, 2.5::FLOAT8 AS d, 'ü' AS s,
            DATE '2020-09-22' AS day, TIMESTAMP '2020-09-22 01:02:03.000004' AS ts, NULL::TEXT AS n, ARRAY[1, 2] AS l
            """)
        let table = try #require(try stream.next())
        #expect(
            table.columns.map { $0.value(0) } == [
                true, 1, 2, 3, 1.5, 2.5, "ü", 1_600_732_800_000_000, 1_600_736_523_000_004, .null, [1, 2],
            ])
        try connection.execute("CREATE TABLE t (a INTEGER)")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try connection.value("SELECT count(*) FROM t") == 0)
        let sent = try Table([
            ("text", Column(strings: ["a", nil])), ("real", Column(doubles: [1.5, nil])),
            ("when", Column(timestamps: [1_600_736_523_000_004, nil])), ("truth", Column(.bool(Buffer([1, 0])))),
        ])
        try connection.ingest(TableSequence(schema: sent.schema, [sent]), into: ["sent"])
        #expect(try connection.rows("SELECT * FROM sent") == (0..<2).map { row in sent.columns.map { $0.value(row) } })
    }

    @Test func `files load as they do into DuckDB`() throws {
        try TestWarehouses.withFolder { folder in
            let path = "\(folder)/a.csv"
            try AtomicFile.write("id,price,day\n001,1.5,2020-01-01\n002,x,2020-01-02\n003,2.5,2020-01-03\n", to: path)
            var source = SourceConfiguration(name: "sales", files: [path], columns: ["price": .double], rejects: 0.5)
            let loader = Loader(connection)
            let first = try loader.load([source]).sources[0]
            #expect(first.rows == 2 && first.rejects == 1 && first.version == 1)
            #expect(try loader.load([source]).sources[0].skipped)
            #expect(
                try connection.rows("SELECT id, price FROM raw.sales ORDER BY id") == [["001", 1.5], ["003", 2.5]])
            #expect(try connection.rows("SELECT line, column_name FROM raw._rejects") == [[3, "price"]])
            try connection.execute("CREATE VIEW staging AS SELECT id FROM raw.sales")
            try AtomicFile.write("id,price,day\n004,1.5,2020-01-01\n", to: path)
            #expect(try loader.load([source]).sources[0].version == 2)
            // The view was replaced in place: what is built on it is still there and sees the newest version.
            #expect(try connection.rows("SELECT id FROM staging") == [["004"]])
            try AtomicFile.write("id,price,day\n004,1.5,2020-01-01\n005,x,2020-01-01\n", to: path)
            source.rejects = 0
            #expect(throws: MartletError.self) { try loader.load([source]) }
            #expect(try connection.rows("SELECT id FROM raw.sales") == [["004"]])
        }
    }

    @Test func `a wrong password and a dying server say so without the password`() throws {
        let server = try PostgreSQLServer()
        let connection = try ServerProcess.connect(server.configuration, within: 60)
        let wrong = #expect(throws: MartletError.self) {
            try Warehouse(PostgreSQLServer.configuration(port: server.port, password: "not-the-pw")).connect()
        }
        #expect(wrong?.code == .unauthorized)
        #expect(wrong?.description.contains("not-the-pw") == false)
        #expect(try connection.value("SELECT 1") == 1)
        server.die()
        let gone = #expect(throws: MartletError.self) { try connection.execute("CREATE TABLE t (a INTEGER)") }
        #expect(gone?.code == .unavailable, "\(gone?.description ?? "")")
        let refused = #expect(throws: MartletError.self) { try Warehouse(server.configuration).connect() }
        #expect(refused?.code == .unavailable, "\(refused?.description ?? "")")
        #expect(refused?.description.contains("secret-pw") == false)
    }
}
