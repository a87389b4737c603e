import Core
import Flow
import Foundation
import Project
import Stores
import TestSupport
import Testing
import Warehouse

/// Events of a stream in Redis in the warehouse, through the step `load` of a project.
@Suite(
    .timeLimit(.minutes(2)), .enabled(if: (try? Warehouse(.duckdb())) != nil, "DuckDB's library is not installed"),
    .enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
struct EventStreamLoadTests {
    @Test func eachEventIsARowOnceAndALoadGoesOnWhereTheLastStopped() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-stream-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try RedisServer()
        try await server.waitUntilListening()
        let url = "redis://127.0.0.1:\(server.port)"
        let file = """
            name: shop
            warehouse: {driver: duckdb, path: warehouse.duckdb}
            sources:
              events: {files: "\(url)#shop-events", format: events}
            interactions: {table: interactions, user: customer_id, item: article_id, time: t_dat}
            split: {validation: 2020-09-09, test: 2020-09-16}
            models: {popularity: {}}
            """
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: file, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: folder, diagnostics: diagnostics)
        try diagnostics.throwIfAny()
        func load() async throws -> [[JSONValue]] {
            try await ShopRunner(project).run(upTo: .load).check()
            return try Warehouse(project.warehouse).connect().rows(
                "select count(*), count(distinct event_id), max(load_number) from raw.events, raw._log_places")
        }
        func event(_ number: Int) -> Event {
            Event(
                id: "e\(number)", kind: .view, user: "u\(number % 3)", item: "i\(number)",
                time: 1_795_522_530_000_000 + Int64(number))
        }
        var configuration = try RedisEventLogConfiguration(url: url)
        configuration.name = "shop-events"
        let log = RedisEventLog(configuration) { _ in }
        // More than one page.
        for start in stride(from: 0, to: 12_000, by: 1000) {
            _ = try await log.append((start..<start + 1000).map(event))
        }
        #expect(try await load() == [[24_000, 12_000, 1]], "two places stand in the table beside each row")
        #expect(try await load() == [[24_000, 12_000, 1]], "nothing new, no load")
        _ = try await log.append((11_990..<12_010).map(event))
        #expect(try await load() == [[24_020, 12_010, 2]])
        // An entry that somebody else wrote is named, and the rest is read.
        try await server.ask("XADD", "{shop-events}:log", "*", "e", "no event")
        _ = try await log.append([event(20_000)])
        #expect(try await load() == [[24_022, 12_011, 3]])
        await log.close()
        let rejects = try Warehouse(project.warehouse).connect().rows(
            "select source, reason like '%is no event%' from raw._rejects")
        #expect(rejects == [["events", true]])
    }
}
