import Core
import Foundation
import Testing
import Warehouse

// Slow, and skipped where there is no shared data, no DuckDB or no dbt: `scripts/venv dbt` installs dbt.
@Suite(
    .serialized, .tags(.slow), .timeLimit(.minutes(20)),
    .enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"),
    .enabled(if: TestWarehouses.sharedData != nil, "the shared data is not there"))
struct ShippedProjectTests {
    static let templates = FileManager.default.currentDirectoryPath + "/Sources/Project/Templates"

    /// The raw tables as a loader leaves them: the newest delivery of each source, identifiers as text.
    private func load(_ name: String, _ connection: Connection) throws {
        let data = TestWarehouses.sharedData!
        try connection.execute("create schema raw")
        if name == "hm" {
            try connection.execute(
                "create table raw.articles as select *, now()::timestamp as _loaded_at from '\(data)/hm/articles.parquet'"
            )
            try connection.execute(
                "create table raw.customers as select *, now()::timestamp as _loaded_at from '\(data)/hm/customers.csv'"
            )
            try connection.execute(
                "create table raw.transactions as select *, now()::timestamp as _loaded_at from read_csv('\(data)/hm/transactions_train.csv.gz', types = {'article_id': 'varchar'})"
            )
        } else {
            try connection.execute(
                """
                create table raw.transactions as select *, now()::timestamp as _loaded_at
                from read_csv('\(data)/online-retail/online_retail_2010-2011.csv.gz',
                    types = {'InvoiceNo': 'varchar', 'StockCode': 'varchar', 'CustomerID': 'varchar'})
                """)
        }
    }

    @Test(arguments: ["hm", "online-retail"])
    func `a shipped project builds, and all its tests pass`(_ name: String) throws {
        let warehouse = try Warehouse(.duckdb())
        let connection = try warehouse.connect()
        try load(name, connection)
        let project = try SQLProject(folder: "\(Self.templates)/\(name)/sql")
        let runner = try SQLProjectRunner(project: project, warehouse: warehouse)
        let report = try runner.build()
        #expect(report.succeeded, "\(report.models.compactMap(\.message)) \(report.tests.compactMap(\.message))")
        #expect(report.tests.allSatisfy { $0.status == .ok }, "\(report.tests.compactMap(\.message))")
        #expect(project.warnings.isEmpty)
        #expect(try runner.freshness().sources.allSatisfy { $0.status == .ok })
        #expect(try runner.test().models.isEmpty)
    }

    @Test func `a row too many for a customer, article and day is found`() throws {
        let warehouse = try Warehouse(.duckdb())
        let connection = try warehouse.connect()
        try load("hm", connection)
        let runner = try SQLProjectRunner(project: SQLProject(folder: "\(Self.templates)/hm/sql"), warehouse: warehouse)
        try runner.run().expectSuccess()
        let name = "one_row_a_customer_article_and_day"
        #expect(try runner.test(select: [name]).tests.map(\.failures) == [0])
        // As if prices had parted the rows of a day.
        try connection.execute(
            """
            insert into dedup_transactions by name select d.* replace (d.price + step.n as price)
            from (select * from dedup_transactions order by all limit 2) d cross join range(2) step(n)
            """)
        let expected = try connection.value(
            """
            select count(*) from (select 1 from dedup_transactions group by customer_id, article_id, t_dat
            having count(*) > 1)
            """)
        #expect(expected?.integer == 2)
        #expect(try runner.test(select: [name]).tests.map(\.failures) == [2])
    }

    @Test func `nothing known of customers and articles comes from after the split`() throws {
        let warehouse = try Warehouse(.duckdb())
        let connection = try warehouse.connect()
        try load("online-retail", connection)
        let project = try SQLProject(folder: "\(Self.templates)/online-retail/sql")
        let runner = try SQLProjectRunner(
            project: project, warehouse: warehouse, variables: ["validation_start": "2011-06-01 00:00:00"])
        #expect(try runner.build().succeeded)
        let known = "select stock_code, design_code, price_band from main.items where price_band is not null order by 1"
        let countries = "select customer_id, country from main.users where country is not null order by 1"
        let before = (try connection.rows(known), try connection.rows(countries))
        #expect(before.0.count > 3000)
        try connection.execute(
            "delete from raw.transactions where cast(\"InvoiceDate\" as timestamp) >= timestamp '2011-06-01'")
        #expect(try runner.run().succeeded)
        #expect(try connection.rows(known) == before.0)
        #expect(try connection.rows(countries) == before.1)
    }

    @Test func `history stays on its side of the split`() throws {
        let warehouse = try Warehouse(.duckdb())
        let connection = try warehouse.connect()
        try load("hm", connection)
        let project = try SQLProject(folder: "\(Self.templates)/hm/sql")
        let days =
            "select t_dat, count(*) from (select distinct customer_id, article_id, t_dat from raw.transactions) group by 1 order by 1"
        try SQLProjectRunner(project: project, warehouse: warehouse, variables: ["minimum_history": 0]).run()
            .expectSuccess()
        #expect(
            try connection.rows("select t_dat, count(*) from main.interactions group by 1 order by 1")
                == connection.rows(days))
        #expect(try connection.value("select count(*) from main.items where article_id = '0108775015'") == 1)
        try SQLProjectRunner(project: project, warehouse: warehouse, variables: ["validation_start": "2019-06-01"])
            .run().expectSuccess()
        let least = try connection.value(
            "select min(n) from (select count(*) filter (where t_dat < date '2019-06-01') n from main.interactions group by customer_id)"
        )
        #expect(least == 5)
    }

    @Test(.enabled(if: DBT.isInstalled, "scripts/venv dbt has not been run"), arguments: ["hm", "online-retail"])
    func `real dbt builds the same tables`(_ name: String) throws {
        try TestWarehouses.withFolder { folder throws in
            let (ours, theirs) = (folder + "/ours.duckdb", folder + "/theirs.duckdb")
            do {
                let warehouse = try Warehouse(.duckdb(ours))
                try load(name, warehouse.connect())
            }
            try FileManager.default.copyItem(atPath: ours, toPath: theirs)
            let sql = "\(Self.templates)/\(name)/sql"
            do {
                let warehouse = try Warehouse(.duckdb(ours))
                let report = try SQLProjectRunner(project: SQLProject(folder: sql), warehouse: warehouse).build()
                #expect(
                    report.succeeded, "\(report.models.compactMap(\.message)) \(report.tests.compactMap(\.message))")
            }
            let built = try DBT.build(sql, database: theirs, work: folder + "/dbt")
            #expect(built.status == 0, "\(built.output)")
            let connection = try Warehouse(.duckdb(ours)).connect()
            try connection.execute("attach '\(theirs)' as theirs (read_only)")
            let models = try SQLProject(folder: sql).models.map(\.name)
            for model in models {
                let (left, right) = ("main.\"\(model)\"", "theirs.main.\"\(model)\"")
                #expect(
                    try connection.query("select * from \(left) limit 0").schema
                        == connection.query("select * from \(right) limit 0").schema)
                let count = try #require(try connection.value("select count(*) from \(left)")?.integer)
                #expect(count > 1000, "\(model)")
                #expect(try connection.value("select count(*) from \(right)")?.integer == count, "\(model)")
                #expect(
                    try connection.value(
                        "select count(*) from (select * from \(left) except all select * from \(right))") == 0,
                    "\(model)")
            }
        }
    }
}

extension TransformReport {
    /// Fails the test if something did not succeed.
    func expectSuccess() { #expect(succeeded, "\(models.compactMap(\.message)) \(tests.compactMap(\.message))") }
}
