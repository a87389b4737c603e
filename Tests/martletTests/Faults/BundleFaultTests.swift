import Core
import Foundation
import TestSupport
import Testing

/// A version whose bundle was copied by half: by a disk that was full, or a copy that is still under way.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"))
struct BundleFaultTests {
    /// Leaves of a bundle's files, in the order of their names, half: the last of them by half.
    private func halve(_ folder: String) throws {
        let files = try #require(FileManager.default.subpaths(atPath: folder)).sorted().filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        for (place, name) in files.enumerated() where place >= files.count / 2 {
            let path = "\(folder)/\(name)"
            let data = try Data(contentsOf: URL(filePath: path))
            // Files are shared with other versions by links: a new one takes the place.
            try FileManager.default.removeItem(atPath: path)
            if place == files.count / 2 { try data.prefix(data.count / 2).write(to: URL(filePath: path)) }
        }
    }

    @Test func aHalfCopiedBundle() async throws {
        let shop = try await FaultShop.shared.value
        let server = try await shop.server()
        let bundles = "\(server.project)/bundles"
        let (status, output) = try await runProgram("cp", ["-a", "\(bundles)/v1", "\(bundles)/whole"])
        try #require(status == 0, "\(output)")
        try await server.start()
        let load = FaultLoad(server, users: shop.users, items: shop.items)
        func version() throws -> Int? {
            try LoopbackConnection(port: server.port).ask(
                "POST", "/v1/recommendations", body: #"{"user":"\#(shop.users[0])","k":5}"#
            ).json["version"]?.integer
        }
        #expect(try version() == 2)
        try halve("\(bundles)/v1")
        let turned = try await Program.run(["rollback", "--project", server.project, "--quiet"])
        try #require(turned.status == 0, "\(turned.error)")
        try await Task.sleep(for: .seconds(1))
        #expect(try version() == 2, "the bundle before stays")
        let before = await load.end()
        #expect(before.failures == 0, "\(before.examples)")
        // A server that starts now has lists alone.
        #expect(server.stop())
        try await server.start()
        let second = FaultLoad(server, users: shop.users, items: shop.items)
        let answer = try LoopbackConnection(port: server.port).ask(
            "POST", "/v1/recommendations", body: #"{"user":"\#(shop.users[0])","k":5,"filters":{"exclude":["none"]}}"#)
        #expect(answer.status == 200 && answer.json["reason"]?.string == "no-pipeline", "\(answer)")
        #expect(answer.json["items"]?.array?.count == 5)
        try FileManager.default.removeItem(atPath: "\(bundles)/v1")
        try FileManager.default.moveItem(atPath: "\(bundles)/whole", toPath: "\(bundles)/v1")
        second.faultEnded()
        try await waitUntil("the whole bundle is served") {
            try LoopbackConnection(port: server.port).ask(
                "POST", "/v1/recommendations", body: #"{"user":"\#(shop.users[0])","k":5}"#
            ).json["reason"] == nil
        }
        var report = FaultReport("bundle copied by half", await second.end())
        report.counts.requests += before.requests
        report.look(for: before.acknowledged + report.counts.acknowledged, in: "\(server.project)/events")
        try report.finish(server)
    }
}
