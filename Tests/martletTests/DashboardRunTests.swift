import Core
import Foundation
import Testing

/// The dashboard and the lineage of a small real project, by the program as users run it.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(10)))
struct DashboardRunTests {
    private static let key = "a key for the tests"

    private static let hasChromium = ["chromium", "chromium-browser", "google-chrome"].contains { name in
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)")
    }

    /// A project with two published versions and a pipeline.
    private static func shop() async throws -> ShopProject {
        let shop = try await ShopProject(models: "{popularity: {}, item-cosine: {}, two-tower: {epochs: 2}}")
        try shop.replace("\nserve:", with: "\npipeline: {category: product_type_name}\n\nserve:")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        try shop.replace("recommend: .*", with: "recommend: {k: 10, similar: 6}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        return shop
    }

    @Test func pagesSayWhatTheStoreHolds() async throws {
        let shop = try await Self.shop()
        let runs = try JSONValue(parsing: try await shop.run(["runs", "--json"]).output)["runs"]?.array ?? []
        let run = try #require(runs.first?["id"]?.string)
        let shown = try JSONValue(parsing: try await shop.run(["runs", run, "--json"]).output)
        let steps = shown["steps"]?.array ?? []
        func value(_ step: String) -> JSONValue? { steps.first { $0["name"]?.string == step }?["value"] }
        let user = try Self.someone(shop)
        let list = try JSONValue(
            parsing: try await Self.explain(shop, ["list", "--user", user, "--json"]).output)
        try await Site.with(shop, key: Self.key) { site in
            #expect(try site.status("/", key: nil) == 401)
            #expect(try site.status("/", key: "wrong") == 401)
            #expect(try site.status("/runs/nothing") == 404)
            let overview = try site.text("/")
            #expect(overview.contains("version 2") && overview.contains(run))
            let page = try site.text("/runs/\(run)")
            for step in steps { #expect(page.contains(">\(step["name"]?.string ?? "?")</a>")) }
            #expect(page.contains("\(steps.count) of \(steps.count)"))
            // Rows of the tables, the outcome of the tests, the windows.
            let data = try site.text("/data")
            for (table, rows) in value("transform")?["tables"]?.object ?? [:] {
                let name = try #require(table.split(separator: ".").last)
                #expect(data.contains(">\(name)</th>") && data.contains(Self.grouped(rows.integer ?? -1)), "\(table)")
            }
            #expect(data.contains("What reads what") && data.contains("Data tests of the SQL project"))
            #expect(data.contains("not_null") || data.contains("unique"))
            // Every metric of every model to four digits.
            let models = try site.text("/models")
            for model in value("evaluate")?["models"]?.array ?? [] {
                let recall = try #require(model["metrics"]?["recall@12"]?["value"]?.number)
                #expect(models.contains(String(format: "%.4f", recall)))
            }
            #expect(models.contains("How two-tower sees the items") && models.contains("points"))
            let experiments = try site.text("/experiments")
            for name in ["popularity", "item-cosine", "two-tower"] { #expect(experiments.contains(">\(name)</a>")) }
            let shopper = try site.text("/shoppers?user=\(user)")
            let items = list["items"]?.array ?? []
            #expect(items.count == 10)
            for item in items { #expect(shopper.contains(item["item"]?.string ?? "?")) }
            #expect(shopper.contains("What the pipeline answers now") && shopper.contains("History"))
            let versions = try site.text("/versions")
            #expect(versions.contains(list["checksum"]?.string ?? "?"))
            #expect(try site.text("/versions/compare?a=1&b=2").contains("Items kept"))
            // A way back: refused without the key, done with it, and seen by the command line.
            #expect(try site.status("/versions/rollback", key: nil, method: "POST") == 401)
            #expect(try site.status("/versions/rollback", method: "POST") == 303)
            #expect(try site.text("/").contains("version 2 was rolled back"))
        }
        let versions = try JSONValue(parsing: try await shop.run(["rollback", "--list", "--json"]).output)["versions"]
        #expect(versions?.array?.first { $0["live"]?.bool == true }?["version"]?.integer == 1)
    }

    @Test(.enabled(if: hasChromium, "Chromium is not installed: scripts/setup test"))
    func aBrowserHasNothingToComplainAbout() async throws {
        let shop = try await Self.shop()
        try await Site.with(shop, key: Self.key) { site in
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "scripts/browse").path
            let (status, output) = try Site.run(["python3", script, site.url, Self.key])
            #expect(status == 0, "\(output)")
            #expect(output.contains("\"faults\": 0") && output.contains("/runs/ID/steps/train"), "\(output)")
        }
    }

    @Test func aListIsTracedToItsSQL() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        let again = try JSONValue(parsing: try await shop.run(["run", "--json"]).output)
        let user = try Self.someone(shop)
        let list = try JSONValue(parsing: try await Self.explain(shop, ["list", "--user", user, "--json"]).output)
        #expect(list["version"]?.integer == 1 && list["model"]?.string == "popularity")
        let lineage = try #require(list["lineage"])
        let first = try #require(lineage["run"]?.string)
        #expect(lineage["model"]?["kind"]?.string == "popularity")
        #expect(lineage["model"]?["trained-by"]?["step"]?.string == "final")
        let sql = try #require(lineage["sql"]?["built-by"]?["path"]?.string)
        let files = FileManager.default.enumerator(atPath: sql)?.compactMap { $0 as? String } ?? []
        #expect(files.contains { $0.hasSuffix("interactions.sql") })
        let rows = lineage["data"]?.array?.first { $0["source"]?.string == "transactions" }?["rows"]?.integer
        #expect(rows == 9000)
        // A run that computed nothing itself names the run that did.
        let second = try #require(again["run"]?.string)
        let traced = try JSONValue(parsing: try await Self.explain(shop, ["run", second, "--json"]).output)
        #expect(second != first && traced["dataset"]?["made-by"]?["run"]?.string == first)
        let text = try await Self.explain(shop, ["run", second])
        #expect(text.status == 0 && text.output.contains("SQL") && text.output.contains("transactions"))
        let unknown = try await Self.explain(shop, ["run", "nothing"])
        #expect(unknown.status == 1 && unknown.error.contains("there is no run 'nothing'"))
    }

    @Test func theServerShowsTheDashboardBehindItsKey() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        try await Site.with(shop, command: "serve", key: Self.key) { (site: Site) async throws in
            #expect(try site.status("/ui", key: nil) == 404)
        }
        try shop.replace("serve: \\{", with: "serve: {admin-key-env: MARTLET_ADMIN_KEY, ")
        try await Site.with(shop, command: "serve", key: Self.key) { (site: Site) async throws in
            #expect(try site.status("/ui", key: nil) == 401)
            #expect(try site.status("/ui/style.css", key: nil) == 200)
            #expect(try site.text("/ui/").contains("this process answers requests"))
            #expect(try site.text("/ui/runs").contains("href=\"/ui/runs/"))
            // Recommendations are open as before.
            #expect(try site.status("/v1/recommendations/nobody", key: nil) == 200)
        }
        let ended = try await Program.run(
            ["serve", "--project", shop.project, "--port", "0"], environment: ["MARTLET_ADMIN_KEY": "short"])
        #expect(ended.status == 1 && ended.error.contains("at least 16"))
    }

    /// What is asked for comes before the project: it is a subcommand.
    private static func explain(_ shop: ShopProject, _ arguments: [String]) async throws -> Program.Ended {
        try await Program.run(["explain", arguments[0], "--project", shop.project] + arguments.dropFirst())
    }

    /// A user with a list of their own.
    private static func someone(_ shop: ShopProject) throws -> String {
        let path = "\(shop.folder)/data/transactions_train.csv"
        let line = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")[5].split(separator: ",")
        return line[1].filter { $0 != "\"" }
    }

    private static func grouped(_ count: Int) -> String {
        var text = String(count)
        var place = text.endIndex
        while text.distance(from: text.startIndex, to: place) > 3 {
            place = text.index(place, offsetBy: -3)
            text.insert(",", at: place)
        }
        return text
    }
}

/// A program of the project that serves pages, in a process of its own.
struct Site: Sendable {
    let url: String
    let key: String

    static func with(
        _ shop: ShopProject, command: String = "ui", key: String, _ body: (Site) async throws -> Void
    ) async throws {
        let process = Process()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = [command, "--project", shop.project, "--port", "0"] + (command == "ui" ? ["--json"] : [])
        process.environment = ProcessInfo.processInfo.environment.merging(["MARTLET_ADMIN_KEY": key]) { _, new in new }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let byte = pipe.fileHandleForReading.readData(ofLength: 1)
            try #require(!byte.isEmpty, "the server ended before it listened")
            line += byte
        }
        let ready = try JSONValue(parsing: String(decoding: line, as: UTF8.self))
        try await body(Site(url: try #require(ready["url"]?.string), key: key))
    }

    /// The status of an answer.
    func status(_ path: String, key: String?, method: String = "GET") throws -> Int {
        let header = key.map { ["--header", "X-API-Key: \($0)"] } ?? []
        let (_, output) = try Self.run(
            [
                "curl", "--silent", "--max-time", "20", "--request", method, "--output", "/dev/null", "--write-out",
                "%{http_code}",
            ] + header + [url + path])
        return Int(output) ?? 0
    }

    func status(_ path: String, method: String = "GET") throws -> Int { try status(path, key: key, method: method) }

    /// A page.
    func text(_ path: String) throws -> String {
        try Self.run(["curl", "--silent", "--max-time", "20", "--header", "X-API-Key: \(key)", url + path]).output
    }

    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}
