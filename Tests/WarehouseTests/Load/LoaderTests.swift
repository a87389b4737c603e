import Core
import FoundationEssentials
import Testing
import Warehouse

// Skipped where DuckDB's library is not installed: `scripts/install-driver duckdb` installs it.
@Suite(.enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"))
struct LoaderTests {
    /// A warehouse in memory and a folder for files.
    struct Shop {
        let connection: Connection
        let folder: String

        func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
        func write(_ name: String, _ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: "\(folder)/\(name)") }

        @discardableResult
        func load(
            _ files: String..., columns: [String: SourceConfiguration.ColumnType] = [:], rejects: Double = 0,
            append: Bool = false, keep: Int = 2
        ) throws -> LoadReport.Source {
            let source = SourceConfiguration(
                name: "sales", files: files.map { "\(folder)/\($0)" }, columns: columns, rejects: rejects,
                append: append, keep: keep)
            return try Loader(connection).load([source]).sources[0]
        }

        func rows(_ sql: String) throws -> [[JSONValue]] { try connection.rows(sql) }
    }

    func withShop(_ body: (Shop) throws -> Void) throws {
        try TestWarehouses.withFolder { folder in
            try body(Shop(connection: Warehouse(.duckdb()).connect(), folder: folder))
        }
    }

    @Test func `identifiers stay text and other types are seen`() throws {
        try withShop { shop in
            try shop.write(
                "a.csv",
                "article_id,StockCode,CustomerID,zip,price,count,day,moment\n"
                    + "0108775015,85048,13085,01067,1.5,3,2020-09-22,2020-09-22 10:00:00\n")
            let report = try shop.load("a.csv")
            #expect(report.rows == 1 && report.version == 1 && !report.skipped)
            let schema = try shop.connection.columns(of: ["raw", "sales"])
            #expect(
                schema.columns.prefix(8).map(\.type) == [
                    .string, .string, .string, .string, .float64, .int64, .timestamp, .timestamp,
                ])
            #expect(schema.names.suffix(3) == ["_file", "_version", "_loaded_at"])
            #expect(
                try shop.rows("SELECT article_id, zip, price, \"count\" FROM raw.sales") == [
                    ["0108775015", "01067", 1.5, 3]
                ])
        }
    }

    @Test(arguments: [
        ("quotes", "id,name\n1,\"a \"\"b\"\", c\"\n", ["a \"b\", c"]),
        ("newline in a field", "id,name\n1,\"two\nlines\"\n2,x\n", ["two\nlines", "x"]),
        ("CRLF and byte order mark", "\u{FEFF}id,name\r\n1,a\r\n2,b\r\n", ["a", "b"]),
        ("no newline at the end", "id,name\n1,a", ["a"]),
        ("semicolons", "id;name\n1;a\n2;b\n", ["a", "b"]),
        ("tabs", "id\tname\n1\ta\n2\tb\n", ["a", "b"]),
        ("empty fields", "id,name\n1,\n2,\"\"\n3,c\n", [nil, nil, "c"]),
        ("text like code", "id,name\n1,'; DROP TABLE x; --\n", ["'; DROP TABLE x; --"]),
    ])
    func `CSV in its many forms`(form: String, text: String, names: [String?]) throws {
        try withShop { shop in
            try shop.write("a.csv", text)
            try shop.load("a.csv")
            let read = try shop.rows("SELECT name FROM raw.sales ORDER BY id").map { $0[0].string }
            #expect(read == names, "\(form)")
        }
    }

    @Test func `rows that do not parse are counted with file, line and reason`() throws {
        try withShop { shop in
            let bytes =
                Array(
                    "id,price,day\n1,1.5,2020-01-01\n2,cheap,2020-01-02\n3,2,2020-13-45\n4,2\n5,1,2020-01-01,x\n".utf8)
                + Array("6".utf8) + [0xFF]
                + Array(",1,2020-01-01\n7,nan,2020-01-01\n8,inf,2020-01-01\n9,2.5,2020-01-02\n".utf8)
            try shop.write("bad.csv", bytes)
            let report = try shop.load("bad.csv", columns: ["price": .double, "day": .date], rejects: 0.9)
            #expect(report.rows == 2 && report.rejects == 7)
            let rejects = try shop.rows(
                "SELECT line, column_name, reason, file FROM raw._rejects ORDER BY line NULLS LAST")
            #expect(rejects.map { $0[0].integer } == [3, 4, 5, 6, 7, nil, nil])
            #expect(rejects.allSatisfy { $0[3].string?.hasSuffix("bad.csv") == true && $0[2].string?.isEmpty == false })
            #expect(rejects[0][1] == "price" && rejects[0][2].string?.contains("cheap") == true)
        }
    }

    @Test func `too many rejects stop the load and leave the last delivery`() throws {
        try withShop { shop in
            try shop.write("a.csv", "id,price\n1,1.5\n")
            try shop.load("a.csv", columns: ["price": .double])
            try shop.write("a.csv", "id,price\n1,x\n2,y\n3,1\n")
            let error = #expect(throws: MartletError.self) {
                try shop.load("a.csv", columns: ["price": .double], rejects: 0.5)
            }
            #expect(error?.message.contains("2 of 3 rows") == true && error?.message.contains("a.csv:2") == true)
            #expect(try shop.rows("SELECT id, price FROM raw.sales") == [["1", 1.5]])
            #expect(try shop.rows("SELECT count(*) FROM raw._rejects") == [[0]])
            #expect(try shop.load("a.csv", columns: ["price": .double], rejects: 0.7).version == 2)
        }
    }

    @Test func `the same files change nothing and a new delivery takes their place`() throws {
        try withShop { shop in
            try shop.write("a.csv", "id,price\n1,1.5\n")
            #expect(try shop.load("a.csv").version == 1)
            let again = try shop.load("a.csv")
            #expect(again.skipped && again.version == 1 && again.rows == 1)
            try shop.write("a.csv", "id,price,size\n2,2.5,L\n3,3.5,M\n")
            let next = try shop.load("a.csv")
            #expect(next.version == 2 && next.rows == 2 && !next.skipped)
            #expect(
                try shop.rows("SELECT id, size, _version FROM raw.sales ORDER BY id") == [
                    ["2", "L", 2], ["3", "M", 2],
                ])
            // Other types are another table, from the same files.
            #expect(try shop.load("a.csv", columns: ["price": .text]).version == 3)
            #expect(
                try shop.connection.tables(in: "raw").filter { $0.hasPrefix("sales__") } == ["sales__v2", "sales__v3"])
        }
    }

    @Test func `a source that appends adds what is new`() throws {
        try withShop { shop in
            try shop.write("a.csv", "id,price\n1,1.5\n")
            try shop.load("*.csv", append: true)
            try shop.write("b.csv", "price,id,size\n2.5,2,L\n")
            let next = try shop.load("*.csv", append: true)
            #expect(next.files.count == 1 && next.version == 2)
            #expect(try shop.load("*.csv", append: true).skipped)
            let rows = try shop.rows("SELECT id, size, _version FROM raw.sales ORDER BY id")
            #expect(rows == [["1", .null, 1], ["2", "L", 2]])
        }
    }

    @Test func `files of one source may order their columns as they like`() throws {
        try withShop { shop in
            try shop.write("a.csv", "id,price\n1,1\n")
            try shop.write("b.csv", "price,id\n2.5,2\n")
            #expect(try shop.load("a.csv", "b.csv").rows == 2)
            let rows = try shop.rows("SELECT id, price, parse_filename(_file) FROM raw.sales ORDER BY id")
            #expect(rows == [["1", 1.0, "a.csv"], ["2", 2.5, "b.csv"]])
        }
    }

    @Test func `Parquet keeps its types and rejects what is no number`() throws {
        try withShop { shop in
            try shop.connection.execute(
                """
                COPY (SELECT i AS user_id, CASE i WHEN 3 THEN 'nan'::DOUBLE ELSE i / 2 END AS price, 'x' || i AS size
                FROM range(1, 6) t(i)) TO '\(shop.folder)/a.parquet' (FORMAT parquet)
                """)
            let report = try shop.load("a.parquet", rejects: 0.5)
            #expect(report.rows == 4 && report.rejects == 1)
            #expect(try shop.rows("SELECT line, column_name FROM raw._rejects") == [[3, "price"]])
            #expect(try shop.rows("SELECT user_id FROM raw.sales ORDER BY 1 LIMIT 1") == [["1"]])
        }
    }

    @Test(arguments: [
        ("", MartletError.Code.invalidData, "is empty"),
        ("id,price\n", .invalidData, "no rows"),
        ("id,cost\n1,2\n", .invalidData, "no column 'price'"),
    ])
    func `files without use say why`(text: String, code: MartletError.Code, words: String) throws {
        try withShop { shop in
            try shop.write("a.csv", text)
            let error = #expect(throws: MartletError.self) { try shop.load("a.csv", columns: ["price": .double]) }
            #expect(error?.code == code && error?.description.contains(words) == true, "\(error?.description ?? "")")
            #expect(error?.hint != nil)
            #expect(try !shop.connection.hasTable(["raw", "sales"]))
        }
    }

    @Test func `missing, broken and differing files say why`() throws {
        try withShop { shop in
            #expect(throws: MartletError.self) { try shop.load("nowhere*.csv") }
            try shop.write("broken.parquet", "PAR1 this is none")
            #expect(throws: MartletError.self) { try shop.load("broken.parquet") }
            try shop.write("broken.csv.gz", "no gzip")
            #expect(throws: MartletError.self) { try shop.load("broken.csv.gz") }
            try shop.write("a.csv", "id,price\n1,1\n")
            try shop.write("b.csv", "id,cost\n1,1\n")
            let error = #expect(throws: MartletError.self) { try shop.load("a.csv", "b.csv") }
            #expect(error?.message.contains("'price'") == true)
            #expect(try shop.connection.tables(in: "raw") == ["_deliveries", "_rejects"])
        }
    }

    @Test func `inspection shows what the columns are`() throws {
        try TestWarehouses.withFolder { folder in
            try AtomicFile.write(
                "customer,article_id,bought,price\nann,0108,2020-01-01,1\nbob,0109,2020-01-03,2.5\nann,0108,,3\n",
                to: "\(folder)/a.csv")
            let inspection = try Loader.inspect("\(folder)/a.csv")
            #expect(inspection.sampledRows == 3)
            #expect(inspection.columns.map(\.type) == [.text, .text, .date, .double])
            #expect(inspection.columns[1].isIdentifier && !inspection.columns[0].isIdentifier)
            #expect(inspection.columns[0].distinctCount == 2)
            #expect(inspection.columns[2].minimum == "2020-01-01" && inspection.columns[2].maximum == "2020-01-03")
            #expect(abs(inspection.columns[2].nullShare - 1 / 3) < 1e-9)
        }
    }
}
