import Core
import Foundation
import Testing
import Warehouse

/// Experiments and parity, by the program as users run it.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(10)))
struct ExperimentRunTests {
    private static let pipeline = """

        pipeline:
          category: product_type_name
          rerank: [explore: {temperature: 0.5, pool: 20}]
          experiments:
            order: {variants: {model: {}, plain: {rank: none}}}
            next: {kind: shadow, variants: {greedy: {rerank: [explore: {temperature: 0.3, pool: 20}]}}}

        serve: {events: {folder: events}, host: 127.0.0.1, port: 8080}
        """
    private static let models = """
        {popularity: {}, item-cosine: {}, two-tower: {epochs: 2}, \
        dlrm: {epochs: 2, dimension: 8, layers: [16], bottom-layers: [8]}}
        """

    @Test func experimentsAreServedReportedAndVerified() async throws {
        let shop = try await ShopProject(models: Self.models)
        try shop.replace("\nserve:.*\n", with: Self.pipeline + "\n")
        try shop.replace(
            "\nsql:", with: "\n  impressions: {files: impressions, format: impressions}\n\nsql:")
        let ended = try await shop.run(["run", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        let users = try Self.users(shop, 60)
        var shown: [String: String] = [:]
        var taken: [String] = []
        try await Server.with(shop) { server in
            for (number, user) in users.enumerated() {
                let answer = try server.post(#"{"user":"\#(user)","k":6}"#)
                let variant = try #require(answer["variants"]?["order"]?.string, "\(answer)")
                shown[user] = variant
                let items = answer["items"]?.array ?? []
                #expect(items.count == 6 && items.allSatisfy { $0["propensity"]?.number != nil })
                // Those in 'plain' click every third answer, those in 'model' every second.
                guard number % (variant == "plain" ? 3 : 2) == 0, let item = items.first?["item"]?.string,
                    let request = answer["request"]?.string
                else { continue }
                let event = #"{"kind":"click","user":"\#(user)","item":"\#(item)","request":"\#(request)"}"#
                #expect(try server.post(event, to: "/v1/events")["accepted"]?.integer == 1)
                taken.append(user)
            }
            for user in users.prefix(5) {
                #expect(try server.post(#"{"user":"\#(user)"}"#)["variants"]?["order"]?.string == shown[user])
            }
        }
        let told = try await Self.run(shop, "experiments", "report", ["--json"])
        try #require(told.status == 0, "\(told.error)")
        let report = try JSONValue(parsing: told.output)["experiments"]?.array?.first
        let variants = report?["variants"]?.array ?? []
        #expect(variants.compactMap { $0["name"]?.string } == ["model", "plain"])
        #expect(variants.compactMap { $0["answers"]?.integer }.reduce(0, +) == 65)
        for variant in variants {
            let name = variant["name"]?.string
            #expect(variant["users"]?.integer == shown.values.count { $0 == name })
            #expect(variant["metrics"]?["clicks"]?["numerator"]?.integer == taken.count { shown[$0] == name })
        }
        #expect(report?["comparisons"]?.array?.first?["lift"]?["value"]?.number != nil)
        let text = try await Self.run(shop, "experiments", "report", ["--experiment", "order"])
        #expect(text.output.contains("sample ratio: as promised") && text.output.contains("against model"))
        let estimated = try await Self.run(shop, "experiments", "estimate", ["--places", "2", "--json"])
        try #require(estimated.status == 0, "\(estimated.error)")
        let estimate = try JSONValue(parsing: estimated.output)["estimates"]?.array?.first
        #expect((estimate?["estimate"]?["answers"]?.integer ?? 0) > 20, "\(estimated.output)")
        #expect(estimate?["estimate"]?["doublyRobust"]?["value"]?["value"]?.number != nil)
        let wrong = try await Self.run(shop, "experiments", "report", ["--experiment", "ordr"])
        #expect(wrong.status == 1 && wrong.error.contains("did you mean 'order'?"))
        let assigned = try await Self.run(shop, "experiments", "assign", ["--user", users[0], "--json"])
        #expect(try JSONValue(parsing: assigned.output)["variants"]?["order"]?.string == shown[users[0]])
        try await Self.load(shop)
        try await Self.verify(shop)
    }

    /// The log is a table of the warehouse, a row for each shown item.
    private static func load(_ shop: ShopProject) async throws {
        let loaded = try await shop.run(["load", "--quiet"])
        try #require(loaded.status == 0, "\(loaded.error)")
        let found = try Warehouse(.duckdb("\(shop.project)/warehouse.duckdb")).connect().rows(
            """
            select count(*), count(distinct answer_id), min(position), max(position), count(propensity) = count(*),
            count(*) filter (variants like '%"order":"plain"%') > 0 from raw.impressions
            """)
        #expect(found.first?[1] == 65 && found.first?[2] == 1 && found.first?[4] == true && found.first?[5] == true)
    }

    /// Both paths agree, also about what the server logged; a table that has changed since is found, and named.
    private static func verify(_ shop: ShopProject) async throws {
        let checked = try await Self.run(shop, "verify", "parity", ["--users", "40", "--json"])
        #expect(checked.status == 0, "\(checked.error) \(checked.output)")
        let report = try JSONValue(parsing: checked.output)
        #expect(report["agrees"] == true)
        for kind in ["features", "histories", "vectors", "scores", "logged"] {
            #expect((report["kinds"]?[kind]?["compared"]?.integer ?? 0) >= 40, "\(kind): \(checked.output)")
        }
        try Warehouse(.duckdb("\(shop.project)/warehouse.duckdb")).connect()
            .execute("update users set age = age + 30 where age is not null")
        let planted = try await Self.run(shop, "verify", "parity", ["--users", "40"])
        #expect(planted.status == 1 && planted.output.contains("features age, user "), "\(planted.output)")
        #expect(planted.error.contains("values differ between training and serving"))
    }

    /// Runs a subcommand of a subcommand.
    private static func run(
        _ shop: ShopProject, _ command: String, _ subcommand: String, _ arguments: [String]
    ) async throws -> Program.Ended {
        try await Program.run([command, subcommand, "--project", shop.project] + arguments)
    }

    private static func users(_ shop: ShopProject, _ count: Int) throws -> [String] {
        let path = "\(shop.folder)/data/transactions_train.csv"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
        var found: [String] = []
        for line in lines where found.count < count {
            let user = String(line.split(separator: ",")[1].filter { $0 != "\"" })
            if !found.contains(user) { found.append(user) }
        }
        return found
    }
}
