import Core
import FoundationEssentials
import Project
import Stores
import Testing
import Warehouse

/// From the warehouse's tables to the online store.
@Suite(.enabled(if: FeatureWarehouse.isThere, "DuckDB's library is not installed"))
struct FeatureMaterializerTests {
    static let user = FeatureEntity(name: "user", joinKey: "user_id", type: .int64)

    static func view(_ fields: [FeatureField], created: String? = nil, ttl: Double? = nil) -> FeatureView {
        FeatureView(
            name: "stats", entities: [user], fields: fields, ttl: ttl,
            source: FeatureSource(table: "stats", timestamp: "seen", created: created))
    }

    private static func store(_ view: FeatureView) -> FeatureStore {
        FeatureStore(
            FeatureDefinitions(project: "p", entities: view.entities, views: [view]), online: MemoryOnlineStore())
    }

    private static func day(_ text: String) throws -> FeatureTimestamp {
        try #require(FeatureTimestamp(parsing: text))
    }

    private static func memory() throws -> MaterializedViews {
        try MaterializedViews(
            stateFolder: FileManager.default.temporaryDirectory.path + "/martlet-features-\(UUID().uuidString)")
    }

    @Test func everyTypeOfTheWarehouseIsCarriedOver() async throws {
        let connection = try Warehouse(.duckdb()).connect()
        try connection.execute(
            """
            create table stats as select 7 as user_id, timestamp '2026-11-24 09:30:00.5' as seen, 'é' as s, 3::integer as i,
              4::bigint as l, 0.5::double as d, 0.25::float as f, true as b, timestamp '2020-09-22 01:02:03' as t,
              ['a', ''] as ss, [1, 2]::integer[] as ii, [3]::bigint[] as ll, [0.5]::double[] as dd, [0.25]::float[] as ff,
              [true, false] as bb, [timestamp '1970-01-01 00:00:01'] as tt, 5 as wide, 0.1::double as narrow,
              null::double as nothing
            """)
        let view = Self.view([
            .init("s", .string), .init("i", .int32), .init("l", .int64), .init("d", .double), .init("f", .float),
            .init("b", .bool), .init("t", .unixTimestamp), .init("ss", .stringList), .init("ii", .int32List),
            .init("ll", .int64List), .init("dd", .doubleList), .init("ff", .floatList), .init("bb", .boolList),
            .init("tt", .unixTimestampList), .init("wide", .int64), .init("narrow", .float), .init("nothing", .double),
        ])
        #expect(try FeatureSourceCheck(connection: connection).columnFaults(view).isEmpty)
        let store = Self.store(view)
        var memory = try Self.memory()
        let results = try await FeatureMaterializer(store, connection: connection)
            .run(views: [], from: nil, to: Self.day("2026-11-25"), memory: &memory)
        #expect(results.map(\.rows) == [1])
        let answer = try await store.features(store.plan(["stats"]), entities: ["user_id": [.int64(7)]])
        #expect(
            answer.columns.map { $0.values[0] } == [
                .string("é"), .int32(3), .int64(4), .double(0.5), .float(0.25), .bool(true),
                .unixTimestamp(1_600_736_523), .stringList(["a", ""]), .int32List([1, 2]), .int64List([3]),
                .doubleList([0.5]), .floatList([0.25]), .boolList([true, false]), .unixTimestampList([1]), .int64(5),
                .float(0.1), .null,
            ])
        #expect(answer.columns[0].timestamps[0].text == "2026-11-24T09:30:00.500Z")
    }

    @Test func theNewestRowIsTakenAndRunsGoOnWhereTheyEnded() async throws {
        let connection = try Warehouse(.duckdb()).connect()
        try connection.execute(
            """
            create table stats as select * from (values
              (1, timestamp '2026-11-01', timestamp '2026-11-01', 1.0), (1, timestamp '2026-11-03', timestamp '2026-11-03', 3.0),
              (1, timestamp '2026-11-03', timestamp '2026-11-04', 3.5), (1, timestamp '2026-11-09', timestamp '2026-11-09', 9.0),
              (2, timestamp '2026-11-02', timestamp '2026-11-02', 2.0), (null, timestamp '2026-11-03', timestamp '2026-11-03', 0.0),
              (3, null, timestamp '2026-11-03', 0.0)) t(user_id, seen, written, ctr)
            """)
        let view = Self.view([.init("ctr", .float)], created: "written")
        let store = Self.store(view)
        let materializer = FeatureMaterializer(store, connection: connection)
        var memory = try Self.memory()
        func run(to: String) async throws -> [Int] {
            let result = try await materializer.run(views: ["stats"], from: nil, to: Self.day(to), memory: &memory)[0]
            return [result.rows, result.count.written, result.count.skipped]
        }
        func values() async throws -> [FeatureValue] {
            try await store.features(store.plan(["stats"]), entities: ["user_id": [.int64(1), .int64(2), .int64(3)]])
                .columns[0].values
        }
        #expect(try await run(to: "2026-11-05") == [2, 2, 0])
        #expect(try await values() == [.float(3.5), .float(2), .null])
        // Of user 2, a row came late that is newer than what the store has, yet from before the last end.
        try connection.execute(
            "insert into stats values (2, timestamp '2026-11-04', timestamp '2026-11-08', 4.0)")
        #expect(try await run(to: "2026-11-10") == [2, 2, 0])
        #expect(try await values() == [.float(9), .float(4), .null])
        #expect(try await run(to: "2026-11-11") == [0, 0, 0])
        // A range by hand goes over old ground and takes nothing fresh back.
        let again = try await materializer.run(
            views: ["stats"], from: Self.day("2026-11-01"), to: Self.day("2026-11-03"), memory: &memory)
        #expect(again[0].count == OnlineWriteCount(written: 0, skipped: 2))
        let farthest = try Self.day("2026-11-11")
        #expect(memory.end(of: view, in: "memory") == farthest)
        #expect(try await values() == [.float(9), .float(4), .null])
    }

    @Test func whatWasMaterialisedIsRememberedByStoreAndShape() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-features-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let view = Self.view([.init("ctr", .float)])
        let end = try Self.day("2026-11-05")
        var memory = try MaterializedViews(stateFolder: folder)
        try memory.note(end, of: view, in: "here")
        let read = try MaterializedViews(stateFolder: folder)
        #expect(read.end(of: view, in: "here") == end)
        #expect(read.end(of: view, in: "there") == nil)
        #expect(read.end(of: Self.view([.init("ctr", .double)]), in: "here") == nil)
        try AtomicFile.write(Array("no json".utf8), to: folder + "/features.json")
        let refusal = #expect(throws: MartletError.self) { _ = try MaterializedViews(stateFolder: folder) }
        #expect(refusal?.code == .corrupted)
    }

    @Test func faultsOfASourceAreFound() throws {
        let connection = try Warehouse(.duckdb()).connect()
        let check = FeatureSourceCheck(connection: connection)
        let fields = [FeatureField("ctr", .float), FeatureField("label", .int64)]
        let view = Self.view(fields, ttl: 86_400)
        let now = try Self.day("2026-11-24")
        #expect(try check.run(view, now: now)?.faults == ["there is no table 'stats'"])
        try connection.execute("create table stats (user_id bigint, seen date, crt float, label varchar)")
        let wrong = try #require(try check.run(view, now: now)).faults
        #expect(wrong.contains { $0.contains("'ctr'") && $0.contains("did you mean 'crt'?") })
        #expect(wrong.contains { $0.contains("'label' holds string") })
        try connection.execute(
            """
            create or replace table stats as select * from (values
              (1, timestamp '2026-11-01', 0.5::float, null::bigint), (1, timestamp '2026-11-01', 0.6::float, null),
              (null, timestamp '2026-11-02', null, null), (2, null, 0.5::float, null)) t(user_id, seen, ctr, label)
            """)
        let found = try #require(try check.run(view, now: now))
        #expect(found.rows == 4 && found.nulls.map(\.share) == [0.25, 1])
        for words in [
            "1 rows have no 'seen'", "1 rows have no user_id", "'label' has no value", "1 rows have a twin",
            "past its time",
        ] {
            #expect(found.faults.contains { $0.contains(words) }, "\(words) is missing in \(found.faults)")
        }
    }

    @Test func aCellThatDoesNotFitIsNamed() async throws {
        let connection = try Warehouse(.duckdb()).connect()
        try connection.execute(
            "create table stats as select 1 as user_id, timestamp '2026-11-01' as seen, 3000000000 as n")
        let store = Self.store(Self.view([.init("n", .int32)]))
        var memory = try Self.memory()
        do {
            _ = try await FeatureMaterializer(store, connection: connection)
                .run(views: [], from: nil, to: Self.day("2026-11-25"), memory: &memory)
            Issue.record("3,000,000,000 was taken for an int32")
        } catch let error as MartletError {
            #expect(
                error.code == .invalidData && error.message.contains("'n'") && error.hint?.contains("int64") == true)
        }
    }
}
