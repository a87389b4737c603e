import Core
import Flow
import Foundation
import Project
import Stores
import Testing
import Warehouse

/// Events of a server's log in the warehouse, through the step `load` of a project.
@Suite(.enabled(if: (try? Warehouse(.duckdb())) != nil, "DuckDB's library is not installed"))
struct EventLoadTests {
    private static let file = """
        name: shop
        warehouse: {driver: duckdb, path: warehouse.duckdb}
        sources:
          events: {files: events, format: events}
        interactions: {table: interactions, user: customer_id, item: article_id, time: t_dat}
        split: {validation: 2020-09-09, test: 2020-09-16}
        models: {popularity: {}}
        """

    private func withShop(_ body: (String, ProjectConfiguration) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-events-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: Self.file, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: folder, diagnostics: diagnostics)
        try diagnostics.throwIfAny()
        try await body(folder, project)
    }

    private func load(_ project: ProjectConfiguration) async throws {
        try await ShopRunner(project).run(upTo: .load).check()
    }

    private func rows(_ project: ProjectConfiguration, _ sql: String) throws -> [[JSONValue]] {
        try Warehouse(project.warehouse).connect().rows(sql)
    }

    private func event(_ number: Int, kind: Event.Kind = .purchase) -> Event {
        Event(
            id: "e\(number)", kind: kind, user: "00\(number % 3)", item: "i '\(number)\"",
            time: 1_795_522_530_000_000 + Int64(number), request: number % 2 == 0 ? "r\(number)" : nil)
    }

    @Test func eachEventIsARowOnce() async throws {
        try await withShop { folder, project in
            // Before the first event SQL finds an empty table.
            try await load(project)
            #expect(try rows(project, "select count(*) from raw.events") == [[0]])

            let log = try EventLog(EventLogConfiguration(folder: "\(folder)/events")) { _ in }
            _ = try await log.append((0..<10).map { event($0) })
            // The server goes on writing while its log is loaded.
            try await load(project)
            #expect(try rows(project, "select count(*), count(request_id) from raw.events") == [[10, 5]])
            _ = try await log.append((5..<20).map { event($0, kind: .view) })
            await log.close()
            try await load(project)
            try await load(project)
            #expect(
                try rows(
                    project, "select kind, count(*), count(distinct event_id) from raw.events group by 1 order by 1")
                    == [["purchase", 10, 10], ["view", 10, 10]])
            #expect(
                try rows(
                    project,
                    "select user_id, item_id, epoch_us(event_time), request_id, _loaded_at is not null from raw.events where event_id = 'e4'"
                ) == [["001", "i '4\"", .integer(1_795_522_530_000_004), "r4", true]])
        }
    }

    @Test func aCopiedSegmentAndAnIDThatTheServerForgotGiveNoSecondRow() async throws {
        try await withShop { folder, project in
            var configuration = EventLogConfiguration(folder: "\(folder)/events")
            configuration.rememberedIDs = 1
            let log = try EventLog(configuration) { _ in }
            for number in [1, 2, 3, 4, 1, 5, 2] { _ = try await log.append([event(number)]) }
            await log.close()
            let segment = try #require(EventSegment.all(in: configuration.folder).first)
            let copy = segment.path.replacing("0000000001", with: "0000000009")
            try FileManager.default.copyItem(atPath: segment.path, toPath: copy)
            try await load(project)
            #expect(
                try rows(project, "select event_id from raw.events order by 1").map { $0[0] } == [
                    "e1", "e2", "e3", "e4", "e5",
                ])
        }
    }

    @Test func damagedLinesAreRejectsAndUnfinishedOnesAreLeft() async throws {
        try await withShop { folder, project in
            let log = try EventLog(EventLogConfiguration(folder: "\(folder)/events")) { _ in }
            _ = try await log.append((0..<5).map { event($0) })
            await log.close()
            let segment = try #require(EventSegment.all(in: "\(folder)/events").first)
            var bytes = try Data(contentsOf: URL(filePath: segment.path))
            bytes[bytes.startIndex + 8] ^= 1
            try bytes.dropLast(10).write(to: URL(filePath: segment.path))
            try await load(project)
            #expect(
                try rows(project, "select event_id from raw.events order by 1").map { $0[0] } == ["e1", "e2", "e3"])
            #expect(
                try rows(project, "select source, reason like '%line 1, byte 0%' from raw._rejects") == [
                    ["events", true]
                ])
            // The rest of the line comes: only it is read.
            try bytes.write(to: URL(filePath: segment.path))
            try await load(project)
            #expect(try rows(project, "select count(*), max(event_id) from raw.events") == [[4, "e4"]])
        }
    }

    /// The file as other programs see it.
    @Test func duckDBReadsASegmentWithoutMartlet() async throws {
        try await withShop { folder, project in
            let log = try EventLog(EventLogConfiguration(folder: "\(folder)/events")) { _ in }
            _ = try await log.append((0..<5).map { event($0) })
            await log.close()
            let connection = try Warehouse(.duckdb()).connect()
            let sql = "from read_json('\(folder)/events/*.jsonl', format = 'newline_delimited')"
            guard (try? connection.execute("select 1 \(sql) limit 1")) != nil else { return }
            #expect(
                try connection.rows(
                    "select id, \"user\", item, epoch_us(\"time\"::timestamp), request \(sql) order by id limit 1")
                    == [["e0", "000", "i '0\"", .integer(1_795_522_530_000_000), "r0"]])
        }
    }
}
