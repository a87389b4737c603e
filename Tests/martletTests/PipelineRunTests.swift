import Core
import Foundation
import Synchronization
import Testing

/// A pipeline from the project file to answers over HTTP, by the program as users run it.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(10)))
struct PipelineRunTests {
    private static let models = """
        {popularity: {}, item-cosine: {}, two-tower: {epochs: 2}, \
        dlrm: {epochs: 2, dimension: 8, layers: [16], bottom-layers: [8]}}
        """

    private static func shop() async throws -> ShopProject {
        let shop = try await ShopProject(models: models)
        try shop.replace(
            "\nserve:", with: "\npipeline: {category: product_type_name, rerank: [category-cap: {most: 3}]}\n\nserve:")
        return shop
    }

    @Test func aProjectIsRunServedAndExplained() async throws {
        let shop = try await Self.shop()
        let ended = try await shop.run(["run", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        let (user, item) = try await Self.someone(shop)
        let told = try await shop.run(["explain", "--user", user, "--item", item, "--json"])
        try #require(told.status == 0, "\(told.error)")
        let items = try JSONValue(parsing: told.output)["items"]?.array ?? []
        #expect(items.count >= 12 && items.prefix(12).allSatisfy { $0["place"]?.integer != nil })
        #expect(items.contains { $0["item"]?.string == item })
        let wrong = try await shop.run(["explain", "--user", user, "--item", "nothing"])
        #expect(wrong.status == 1 && wrong.error.contains("no item 'nothing'"))
        try await Server.with(shop) { server in
            let answer = try server.post(#"{"user":"\#(user)","k":6,"explain":true,"item":"\#(item)"}"#)
            #expect(answer["version"]?.integer == 1 && answer["model"]?.string == "dlrm")
            #expect(answer["items"]?.array?.count == 6 && answer["skipped"] == nil)
            #expect(answer["items"]?.array?.first?["title"]?.string != nil)
            let explained = answer["explanation"]?["items"]?.array ?? []
            #expect(explained.count == 6 || explained.last?["item"]?.string == item)
            // The same user's cached list stays where it was.
            #expect(try server.get("/v1/recommendations/\(user)?k=3")["items"]?.array?.count == 3)
            #expect(try server.post(#"{"users":["\#(user)"]}"#)["results"]?.array?.count == 1)
            for body in [
                #"{"user":"a","k":0}"#, #"{"user":"a","k":1000000000}"#, #"{"user":7}"#, #"{"user":"a","x":1}"#,
            ] {
                #expect(try server.post(body)["status"]?.integer == 400)
            }
            let metrics = try server.text("/metrics")
            #expect(metrics.contains(#"martlet_pipeline_stage_duration_seconds_count{stage="rank"}"#))
            #expect(metrics.contains("martlet_pipeline_version 1\n"))
        }
    }

    /// A new version under load, and a rollback: no request fails, and each is answered by one version.
    @Test func versionsAreSwappedUnderLoad() async throws {
        let shop = try await Self.shop()
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        let (user, _) = try await Self.someone(shop)
        try await Server.with(shop) { server in
            let load = Load()
            let clients = DispatchGroup()
            for _ in 0..<16 {
                clients.enter()
                Thread.detachNewThread {
                    while !load.isDone {
                        let answer = try? server.post(#"{"user":"\#(user)","k":5}"#)
                        let isWhole = answer?["items"]?.array?.count == 5
                        load.note(version: isWhole ? answer?["version"]?.integer : nil)
                    }
                    clients.leave()
                }
            }
            func wait(for version: Int) async throws {
                for _ in 0..<300 {
                    let found = try server.post(#"{"user":"\#(user)"}"#)["version"]?.integer
                    if found == version { return }
                    try await Task.sleep(for: .milliseconds(50))
                }
                Issue.record("version \(version) is not served")
            }
            try shop.replace("\nseed: 42", with: "\nseed: 43")
            #expect(try await shop.run(["run", "--quiet"]).status == 0)
            try await wait(for: 2)
            #expect(try await shop.run(["rollback", "--quiet"]).status == 0)
            try await wait(for: 1)
            load.end()
            await withCheckedContinuation { continuation in
                clients.notify(queue: .global()) { continuation.resume() }
            }
            #expect(load.failures == 0)
            #expect(Set(load.versions.keys) == [1, 2], "\(load.versions)")
        }
    }

    /// A user with a list of their own, and an item that is not on top of it.
    private static func someone(_ shop: ShopProject) async throws -> (user: String, item: String) {
        let path = "\(shop.folder)/data/transactions_train.csv"
        let line = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")[5].split(separator: ",")
        return (line[1].filter { $0 != "\"" }, line[2].filter { $0 != "\"" })
    }
}

/// What clients saw while versions changed.
private final class Load: Sendable {
    private let state = Mutex<(isDone: Bool, versions: [Int: Int], failures: Int)>((false, [:], 0))

    var isDone: Bool { state.withLock { $0.isDone } }
    var versions: [Int: Int] { state.withLock { $0.versions } }
    var failures: Int { state.withLock { $0.failures } }

    func end() { state.withLock { $0.isDone = true } }

    func note(version: Int?) {
        state.withLock {
            if let version { $0.versions[version, default: 0] += 1 } else { $0.failures += 1 }
        }
    }
}

/// The project's server in a process of its own.
struct Server: Sendable {
    let url: String

    static func with(_ shop: ShopProject, _ body: (Server) async throws -> Void) async throws {
        let process = Process()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = ["serve", "--project", shop.project, "--port", "0"]
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
        try await body(Server(url: try #require(ready["url"]?.string)))
    }

    func get(_ path: String) throws -> JSONValue { try JSONValue(parsing: text(path)) }

    func post(_ body: String, to path: String = "/v1/recommendations") throws -> JSONValue {
        try JSONValue(parsing: curl(["--data", body, url + path]))
    }

    func text(_ path: String) throws -> String { try curl([url + path]) }

    private func curl(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["curl", "--silent", "--show-error", "--max-time", "20"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
