import Core
import Foundation
import TestSupport
import Testing

/// A shop's run as an Argo workflow.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(5)))
struct ArgoTests {
    private static let root = #filePath.replacingOccurrences(of: "/Tests/martletTests/ArgoTests.swift", with: "")
    private static let python = root + "/.venv/argo/bin/python"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: python), "scripts/venv argo makes it"))
    func itIsWhatArgoReads() async throws {
        let shop = try await ShopProject(models: "{popularity: {}, mf: {grid: {dimension: [8, 16]}}}")
        let once = ["flow", "export", "--project", shop.project, "--image", "martlet:1", "--claim", "shop"]
        var files: [String] = []
        for (name, more) in [("once", []), ("cron", ["--at", "03:30"])] {
            let made = try await Program.run(once + more)
            try #require(made.status == 0, "\(made.error)")
            files.append("\(shop.folder)/\(name).json")
            try made.output.write(toFile: files[files.count - 1], atomically: true, encoding: .utf8)
        }
        let checked = try await runProgram(at: Self.python, [Self.root + "/scripts/check-argo"] + files)
        #expect(checked.status == 0, "\(checked.output)")
    }

    @Test func itsPodsPublishTheSameLists() async throws {
        let models =
            "{popularity: {}, mf: {loss: bpr, dimension: 8, epochs: 3, grid: {learning-rate: [0.01, 0.05, 0.1]}}}"
        let (here, there) = (try await ShopProject(models: models), try await ShopProject(models: models))
        try #require(try await here.run(["run", "--quiet"]).status == 0)
        let made = try await Program.run([
            "flow", "export", "--project", there.project, "--image", "martlet:1", "--claim", "shop", "--at", "03:30",
        ])
        try #require(made.status == 0, "\(made.error)")
        let workflow = try ArgoWorkflow(made.output)
        let items = try #require(workflow.tasks["train"]?["withItems"] as? [String])
        #expect(items.count == 4 && items.contains("train[popularity]"))
        #expect(workflow.tasks["select"]?["dependencies"] as? [String] == ["begin", "features", "train"])
        let failed = try await workflow.run(["project": there.project]) { command in
            let ended = try? await Program.run(Array(command.dropFirst()))
            return ended?.status ?? 1
        }
        #expect(failed == [])
        #expect(try await there.liveChecksum() == here.liveChecksum())
        let runs = try JSONValue(parsing: try await there.run(["runs", "--json"]).output)
        #expect(runs["runs"]?.array?.first?["state"] == "finished")

        // By now the data are known, so trainings say what they need.
        let again = try await Program.run([
            "flow", "export", "--project", there.project, "--image", "martlet:1", "--claim", "shop",
        ])
        let train = try ArgoWorkflow(again.output).template("train")
        let resources = (train["container"] as? [String: Any])?["resources"] as? [String: Any]
        #expect((resources?["requests"] as? [String: String])?["memory"] == "256Mi")
    }
}
