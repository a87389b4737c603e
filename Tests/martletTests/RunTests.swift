import Core
import Foundation
import Testing

extension Testing.Tag {
    @Tag static var slow: Self
}

/// The main job, from files to published lists, by the program as users run it.
@Suite(.enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"), .timeLimit(.minutes(10)))
struct RunTests {
    @Test func aRunEndsWithOneLineForMachines() async throws {
        let shop = try await ShopProject()
        let ended = try await shop.run(["run", "--json", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(separator: "\n")
        #expect(lines.count == 1)
        let result = try JSONValue(parsing: String(lines[0]))
        let names = result["models"]?.array?.compactMap { $0["name"]?.string }
        #expect(names == ["popularity", "item-cosine", "two-tower"])
        for model in result["models"]?.array ?? [] {
            let recall = try #require(model["metrics"]?["recall@12"]?.number)
            #expect((0...1).contains(recall))
            #expect(model["metrics"]?["ndcg@12"]?.number != nil)
        }
        #expect(result["published"]?["version"]?.integer == 1)
        #expect((result["published"]?["lists"]?.integer ?? 0) > 0)
    }

    @Test func nothingIsDoneTwice() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        let again = try await shop.run(["run", "--json"])
        let run = try #require(try JSONValue(parsing: again.output)["run"]?.string)
        let shown = try JSONValue(parsing: try await shop.run(["runs", run, "--json"]).output)
        let states = (shown["steps"]?.array ?? []).map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") }
        #expect(states.filter { $0.1 != "reused" }.map(\.0) == ["load"])
        #expect(try JSONValue(parsing: again.output)["published"]?["version"]?.integer == 1)
    }

    /// Four points in processes of their own, of which one trains to its end.
    @Test func hopelessPointsOfAGridAreStoppedEarly() async throws {
        let shop = try await ShopProject(
            models: "{mf: {loss: bpr, dimension: 8, epochs: 6, validation-every: 1, patience: 6, "
                + "grid: {learning-rate: [0.000001, 0.05, 0.000002, 0.1]}, halving: {epochs: [1, 3], keep: 0.5}}}")
        let ended = try await shop.run(["train", "--json", "--quiet"])
        try #require(ended.status == 0, "\(ended.error)")
        let run = try #require(try JSONValue(parsing: ended.output)["run"]?.string)
        let shown = try JSONValue(parsing: try await shop.run(["runs", run, "--json"]).output)
        let trainings = (shown["steps"]?.array ?? []).filter { $0["name"]?.string?.hasPrefix("train[") == true }
        #expect(trainings.count == 4)
        let epochs = trainings.compactMap { $0["value"]?["epochs"]?.integer }
        #expect(epochs.sorted() == [1, 1, 3, 6])
        // The two that hardly learn are not those that went on.
        for training in trainings where (training["value"]?["epochs"]?.integer ?? 0) > 1 {
            #expect(training["name"]?.string?.contains("0.00000") == false)
        }
    }

    @Test(.tags(.slow)) func aRunKilledTwentyTimesPublishesTheSameBytes() async throws {
        let undisturbed = try await ShopProject()
        try #require(try await undisturbed.run(["run", "--quiet"]).status == 0)
        let killed = try await ShopProject()
        var random = RandomSource(seed: 20)
        var kills = 0
        while kills < 20 {
            let isDead = try await Program.runAndKill(
                ["run", "--project", killed.project, "--quiet"], after: 0.05 + random.uniform() * 1.2)
            // A run that ended first is begun again from nothing that the next kills could fall into.
            if !isDead { try FileManager.default.removeItem(atPath: "\(killed.project)/.martlet") }
            kills += isDead ? 1 : 0
        }
        let last = try await killed.run(["run", "--quiet"])
        try #require(last.status == 0, "\(last.error)")
        #expect(try await killed.liveChecksum() == undisturbed.liveChecksum())
    }

    @Test func aRollbackBringsTheVersionBefore() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        let first = try await shop.liveChecksum()
        try shop.replace("recommend: .*", with: "recommend: {k: 5, similar: 0}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        #expect(try await shop.liveChecksum() != first)
        #expect(try await shop.run(["rollback"]).status == 0)
        #expect(try await shop.liveChecksum() == first)
    }

    @Test func badInputLeavesTheLastGoodState() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try #require(try await shop.run(["run", "--quiet"]).status == 0)
        let good = try await shop.liveChecksum()
        let file = "\(shop.folder)/data/transactions_train.csv"
        try "t_dat,customer_id\nnonsense".write(toFile: file, atomically: true, encoding: .utf8)
        let ended = try await shop.run(["run", "--quiet"])
        #expect(ended.status == 1)
        #expect(ended.error.contains("error:"))
        #expect(try await shop.liveChecksum() == good)
    }

    @Test func aSplitOutsideTheDataIsExplained() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        try shop.replace("split: .*", with: "split: {validation: 2030-01-01, test: 2031-01-01}")
        let ended = try await shop.run(["run", "--quiet"])
        #expect(ended.status == 1)
        #expect(ended.error.contains("split") && ended.error.contains("hint:"))
    }
}
