import Core
import Project
import Stores
import Testing
import Warehouse

/// Training sets against a plain reference: every row of every view, looked at for every row asked for.
@Suite(.enabled(if: FeatureWarehouse.isThere, "DuckDB's library is not installed"))
struct PointInTimeTests {
    /// A row of a source.
    struct SourceRow {
        var user: Int64?
        var item: String
        var at: Int64?
        var created: Int64
        var value: Double?
    }

    /// A row of the table of entities and moments.
    struct AskedRow {
        var id: Int64
        var user: Int64?
        var item: String
        var at: Int64
    }

    static let user = FeatureEntity(name: "user", joinKey: "user_id", type: .int64)
    static let item = FeatureEntity(name: "item", joinKey: "item_id", type: .string)

    static func views(ttl: Double?, created: Bool) -> [FeatureView] {
        let source = { (table: String) in
            FeatureSource(table: table, timestamp: "at", created: created ? "written" : nil)
        }
        return [
            FeatureView(
                name: "users", entities: [user], fields: [.init("value", .double)], ttl: ttl, source: source("users")),
            FeatureView(
                name: "pairs", entities: [user, item], fields: [.init("score", .double)], ttl: ttl,
                source: source("pairs")),
        ]
    }

    /// What a view knows of an entity at a moment: the newest row that was true, written and young enough by then.
    static func reference(_ rows: [SourceRow], _ asked: AskedRow, isPair: Bool, ttl: Double?, created: Bool) -> Double?
    {
        var best: SourceRow?
        for row in rows {
            guard let at = row.at, let user = row.user, user == asked.user, !isPair || row.item == asked.item,
                at <= asked.at, !created || row.created <= asked.at
            else { continue }
            if let ttl, Double(asked.at - at) > ttl { continue }
            if let found = best, let foundAt = found.at,
                (foundAt, created ? found.created : 0) >= (at, created ? row.created : 0)
            {
                continue
            }
            best = row
        }
        return best?.value
    }

    @Test(arguments: [(nil, false), (nil, true), (50.0, false), (50.0, true)] as [(Double?, Bool)])
    func trainingSetsKnowWhatWasKnown(ttl: Double?, created: Bool) throws {
        var random = RandomSource(seed: created ? 5 : 6)
        func number(_ below: Int) -> Int64 { Int64(random.next() % UInt64(below)) }
        func rows(_ count: Int) -> [SourceRow] {
            var rows: [SourceRow] = []
            var met: Set<String> = []
            while rows.count < count {
                let at = number(200)
                let row = SourceRow(
                    user: number(40) == 0 ? nil : number(12), item: "i\(number(3))", at: number(50) == 0 ? nil : at,
                    // Some are written late, after newer ones.
                    created: at + (number(3) == 0 ? number(150) : 0),
                    value: number(9) == 0 ? nil : Double(number(1000)) / 4)
                // Twins have no order: without a column of creation, one row an entity and moment.
                guard
                    met.insert(
                        "\(String(describing: row.user)) \(row.item) \(row.at ?? -1) \(created ? row.created : 0)"
                    )
                    .inserted
                else { continue }
                rows.append(row)
            }
            return rows
        }
        // One row an entity and moment is meant for pairs; of users alone only the first of a moment is kept.
        var userRows: [SourceRow] = []
        for row in rows(300)
        where !userRows.contains(where: {
            $0.user == row.user && $0.at == row.at && (!created || $0.created == row.created)
        }) {
            userRows.append(row)
        }
        let pairRows = rows(300)
        let asked = (0..<400).map {
            AskedRow(id: Int64($0), user: number(30) == 0 ? nil : number(14), item: "i\(number(4))", at: number(220))
        }

        let connection = try Warehouse(.duckdb()).connect()
        func load(_ name: String, _ rows: [SourceRow]) throws {
            let micro = { (seconds: Int64) in seconds * 1_000_000 }
            let table = try Table([
                ("user_id", Column(integers: rows.map(\.user))), ("item_id", Column(strings: rows.map(\.item))),
                ("at", Column(timestamps: rows.map { $0.at.map(micro) })),
                ("written", Column(timestamps: rows.map { micro($0.created) })),
                (name == "users" ? "value" : "score", Column(doubles: rows.map(\.value))),
            ])
            _ = try connection.ingest(TableSequence(schema: table.schema, [table]), into: [name])
        }
        try load("users", userRows)
        try load("pairs", pairRows)
        let table = try Table([
            ("id", Column(integers: asked.map(\.id))), ("user_id", Column(integers: asked.map(\.user))),
            ("item_id", Column(strings: asked.map(\.item))),
            ("clicked", Column(timestamps: asked.map { $0.at * 1_000_000 })),
        ])
        _ = try connection.ingest(TableSequence(schema: table.schema, [table]), into: ["clicks"])

        let definitions = FeatureDefinitions(
            project: "p", entities: [Self.user, Self.item], views: Self.views(ttl: ttl, created: created))
        let set = try TrainingSet(
            ["pairs:score", "users"], of: definitions, entities: "clicks", timestamp: "clicked", dialect: .duckdb)
        #expect(set.names == ["score", "value"])
        #expect(try set.make("training", connection: connection) == asked.count)
        let found = try connection.rows("select id, score, value from training order by id")
        #expect(found.count == asked.count)
        var present = 0
        for (row, asked) in zip(found, asked) {
            let value = Self.reference(userRows, asked, isPair: false, ttl: ttl, created: created)
            let score = Self.reference(pairRows, asked, isPair: true, ttl: ttl, created: created)
            #expect(row[0].integer == Int(asked.id) && row[1].number == score && row[2].number == value)
            present += (value == nil ? 0 : 1) + (score == nil ? 0 : 1)
        }
        #expect(present > 200, "the reference finds values")
        // Making it again replaces it.
        #expect(try set.make("training", connection: connection) == asked.count)
    }

    @Test func aViewWithoutHistoryIsRefused() throws {
        let view = FeatureView(name: "live", entities: [Self.user], fields: [.init("x", .float)])
        let definitions = FeatureDefinitions(project: "p", entities: [Self.user], views: [view])
        let refusal = #expect(throws: MartletError.self) {
            _ = try TrainingSet(["live"], of: definitions, entities: "t", timestamp: "at", dialect: .duckdb)
        }
        #expect(refusal?.code == .invalidConfiguration)
    }
}

/// Whether DuckDB's library is installed.
enum FeatureWarehouse {
    static let isThere = (try? Warehouse(.duckdb())) != nil
}
