import Core
import Dispatch
import FoundationEssentials
import Testing
import Warehouse

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Processes that die by SIGKILL while they work: what was there before is there afterwards, or all that is new.
enum Killed {
    /// The file to load, of `rows` rows whose price is `price`.
    static func write(_ path: String, price: Int, rows: Int) throws {
        try Warehouse(.duckdb()).connect().execute(
            "copy (select i as id, \(price) as price, 'note ' || i as note from range(\(rows)) t(i)) to '\(path)' (header)"
        )
    }

    static func source(_ path: String) -> SourceConfiguration {
        SourceConfiguration(name: "sales", files: [path], columns: ["price": .integer])
    }

    /// Ends this process as `kill -9` does, a little later.
    static func endThisProcess(after seconds: Double) {
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { kill(getpid(), SIGKILL) }
    }

    /// Waits to be ended.
    static func wait() -> Never { while true { sleep(1) } }

    /// Loads a delivery in processes that are killed at different moments, each after a good one.
    ///
    /// - Parameter configuration: a new database for each moment.
    static func checkLoads(rows: Int, moments: [Double], _ configuration: () throws -> WarehouseConfiguration)
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (old, new) = (folder + "/old.csv", folder + "/new.csv")
        try write(old, price: 1, rows: rows)
        try write(new, price: 2, rows: rows + 1)
        let states: [[JSONValue]] = [[.integer(Int64(rows)), 1, 1], [.integer(Int64(rows + 1)), 2, 2]]
        for moment in moments {
            let configuration = try configuration()
            let (driver, options) = (configuration.driver, configuration.options)
            let length = try await Self.time {
                _ = try Loader(Warehouse(configuration).connect()).load([source(old)])
            }
            let delay = length * moment
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    driver = driver as String, options = options as [String: String], new = new as String,
                    delay = delay as Double
                ] in
                let connection = try Warehouse(WarehouseConfiguration(driver: driver, options: options)).connect()
                Killed.endThisProcess(after: delay)
                _ = try Loader(connection).load([Killed.source(new)])
                Killed.wait()
            }
            let connection = try Warehouse(configuration).connect()
            let sums = "select count(*), min(price), max(price) from raw.sales"
            let seen = try connection.rows(sums)[0]
            #expect(states.contains(seen), "killed after \(delay) s: \(seen)")
            #expect(try Loader(connection).load([source(new)]).sources[0].rows == rows + 1)
            #expect(try connection.rows(sums)[0] == states[1])
        }
    }

    private static func time(_ body: () throws -> Void) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try body()
        return (clock.now - start) / .seconds(1)
    }

    /// Models of one number each, which they get from the outside, and one that reads them all.
    static func models(_ number: Int) -> [String: String] {
        var files: [String: String] = [:]
        for index in 0..<12 {
            files["models/m\(index).sql"] =
                "{{ config(materialized='table') }}select \(number) as number, i from range(100000) t(i)"
        }
        files["models/all_of_them.sql"] =
            "{{ config(materialized='table') }}"
            + (0..<12).map { "select distinct number from {{ ref('m\($0)') }}" }.joined(separator: " union ")
        return files
    }
}

// Skipped where DuckDB's library is not installed. Each test starts processes of its own.
@Suite(
    .enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"), .tags(.slow), .serialized,
    .timeLimit(.minutes(10)))
struct KillTests {
    @Test func `a load that is killed leaves a whole delivery`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Killed.checkLoads(rows: 400_000, moments: [0.05, 0.2, 0.4, 0.6, 0.8, 0.95]) {
            .duckdb("\(folder)/\(UUID().uuidString).duckdb")
        }
    }

    @Test func `a model that is killed while it is computed leaves its last table`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        let project = try ProjectFolder(
            folder, ["models/a.sql": "{{ config(materialized='table') }}select 1 as x"])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (path, file) = (project.path, folder + "/shop.duckdb")
        try Killed.build(path, file).expectSuccess()
        // This query would take months.
        try project.write(
            "models/a.sql",
            "{{ config(materialized='table') }}select count(*) as x from range(10000000) a(i), range(10000000) b(j) where hash(i, j) = 0"
        )
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, file = file as String] in
            Killed.endThisProcess(after: 2)
            _ = try Killed.build(path, file)
        }
        #expect(try Killed.rows(file, "select x from main.a") == [[1]])
        try project.write("models/a.sql", "{{ config(materialized='table') }}select 2 as x")
        try Killed.build(path, file).expectSuccess()
        #expect(try Killed.rows(file, "select x from main.a") == [[2]])
    }

    @Test func `a transform that is killed at any moment leaves every table whole`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        let project = try ProjectFolder(folder, Killed.models(1))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (path, file) = (project.path, folder + "/shop.duckdb")
        let length = try Killed.build(path, file).seconds
        for moment in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let number = Int(moment * 100)
            for (name, text) in Killed.models(number) { try project.write(name, text) }
            let before = try Killed.rows(file, Killed.sums)
            #expect(before.count == 12)
            let delay = length * moment
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, file = file as String, delay = delay as Double] in
                Killed.endThisProcess(after: delay)
                _ = try Killed.build(path, file)
                Killed.wait()
            }
            for row in try Killed.rows(file, Killed.sums) {
                #expect(
                    row[0] == 100_000 && row[1] == row[2] && (before[0][1] == row[1] || row[1].integer == number),
                    "\(row)")
            }
            try Killed.build(path, file).expectSuccess()
            #expect(try Killed.rows(file, "select number from main.all_of_them") == [[.integer(Int64(number))]])
            #expect(
                try Killed.rows(file, "select count(*) from information_schema.tables where table_schema = 'main'") == [
                    [13]
                ])
        }
    }
}

extension Killed {
    /// Rows, least and greatest number of each of the twelve tables.
    static let sums = (0..<12).map { "select count(*), min(number), max(number) from main.m\($0)" }
        .joined(separator: " union all ")

    /// Builds the project at `path` in a DuckDB file, which is closed afterwards.
    static func build(_ path: String, _ file: String) throws -> TransformReport {
        try SQLProjectRunner(project: SQLProject(folder: path), warehouse: Warehouse(.duckdb(file))).build()
    }

    static func rows(_ file: String, _ sql: String) throws -> [[JSONValue]] {
        try Warehouse(.duckdb(file)).connect().rows(sql)
    }
}

extension PostgreSQLTests {
    @Test(.tags(.slow), .timeLimit(.minutes(10)))
    func `a load that is killed leaves a whole delivery`() async throws {
        let server = try #require(PostgreSQLServer.current)
        try await Killed.checkLoads(rows: 100_000, moments: [0.3, 0.6, 0.9]) { try server.database() }
    }
}
