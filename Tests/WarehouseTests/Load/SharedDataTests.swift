import Core
import Testing
import Warehouse

// Skipped where DuckDB's library or the shared data sets are absent.
@Suite(
    .enabled(
        if: TestWarehouses.hasDuckDB && TestWarehouses.sharedData != nil,
        "DuckDB's library or the shared data sets are absent"))
struct SharedDataTests {
    let data = TestWarehouses.sharedData ?? ""

    // The counts are those that the data's own README gives.
    @Test func `H&M's three files load without a reject`() throws {
        let connection = try Warehouse(.duckdb()).connect()
        let report = try Loader(connection).load([
            SourceConfiguration(name: "articles", files: ["\(data)/hm/articles.parquet"]),
            SourceConfiguration(name: "customers", files: ["\(data)/hm/customers.csv"]),
            SourceConfiguration(name: "transactions", files: ["\(data)/hm/transactions_train.csv.gz"]),
            SourceConfiguration(name: "week", files: ["\(data)/hm/transactions_2020-09-16_to_22_full_week.parquet"]),
        ])
        #expect(report.sources.map(\.rows) == [105_542, 1364, 31_662, 240_311])
        #expect(report.sources.allSatisfy { $0.rejects == 0 })
        #expect(
            try connection.value(
                "SELECT count(*) FROM raw.transactions t JOIN raw.articles a USING (article_id) WHERE a.article_id LIKE '0%'"
            ) == 31_662)
    }

    @Test func `Online Retail loads in one year's file`() throws {
        let connection = try Warehouse(.duckdb()).connect()
        let report = try Loader(connection).load([
            SourceConfiguration(name: "invoices", files: ["\(data)/online-retail/online_retail_2010-2011.csv.gz"])
        ])
        #expect(report.sources[0].rows == 541_909 && report.sources[0].rejects == 0)
        let schema = try connection.columns(of: ["raw", "invoices"])
        #expect(["InvoiceNo", "StockCode", "CustomerID"].allSatisfy { schema[$0]?.type == .string })
    }
}
