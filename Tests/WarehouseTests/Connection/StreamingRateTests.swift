import Core
import FoundationEssentials
import Testing
import Warehouse

/// Prints how fast rows arrive: `MARTLET_MEASURE=1 swift test -c release --filter StreamingRate`.
@Suite(
    .enabled(
        if: TestWarehouses.hasDuckDB && ProcessInfo.processInfo.environment["MARTLET_MEASURE"] != nil,
        "measures only where MARTLET_MEASURE is set"))
struct StreamingRateTests {
    @Test func `20 million rows of int, int, float, text`() throws {
        let connection = try Warehouse(.duckdb()).connect()
        let query =
            """
            SELECT i::INTEGER AS a, (i % 100000)::INTEGER AS b, (i / 7)::FLOAT AS c, 'item ' || (i % 100000) AS d
            FROM range(20000000) t(i)
            """
        try connection.execute("CREATE TABLE rows AS \(query)")
        for _ in 0..<3 {
            let start = ContinuousClock.now
            let stream = try connection.query("SELECT * FROM rows")
            var count = 0
            var batches = 0
            var bytes = 0
            while let table = try stream.next() {
                count += table.rowCount
                batches += 1
                if case .string(let offsets, _) = table.columns[3].values { bytes += Int(offsets[table.rowCount]) }
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(count == 20_000_000)
            print(
                "\(count) rows, \(batches) batches, \(bytes) bytes of text: \(seconds) s, \(Double(count) / seconds / 1e6) M rows/s"
            )
        }
    }
}
