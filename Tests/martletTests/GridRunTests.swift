import Core
import Foundation
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A grid of six points from files to published lists, while two of the trainings are killed; on Online Retail where the
/// shared data are there, on a generated shop otherwise.
@Suite(
    .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"),
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/stat"), "needs /proc"), .timeLimit(.minutes(10)))
struct GridRunTests {
    private static let models = """
        {popularity: {half-life: 7d}, item-cosine: {}, \
        mf: {loss: bpr, epochs: 6, grid: {learning-rate: [0.01, 0.03, 0.1], dimension: [16, 32]}}}
        """

    /// Finds the trainings under a run, and ends two of them.
    private final class Killer: Sendable {
        private let state = Mutex<(killed: Set<String>, most: Int, isOver: Bool)>(([], 0, false))
        var killed: Set<String> { state.withLock { $0.killed } }
        /// How many trainings ran at once, at the most.
        var most: Int { state.withLock { $0.most } }
        func stop() { state.withLock { $0.isOver = true } }

        func work(project: String) {
            var seen: [String: Date] = [:]
            while !state.withLock({ $0.isOver }) {
                let running = Self.trainings(of: project)
                for (step, process) in running {
                    let begin = seen[step] ?? Date()
                    seen[step] = begin
                    state.withLock { state in
                        state.most = max(state.most, running.count)
                        // In the middle of it, where there is something to lose.
                        guard state.killed.count < 2, !state.killed.contains(step),
                            Date().timeIntervalSince(begin) > 0.1, kill(process, SIGKILL) == 0
                        else { return }
                        state.killed.insert(step)
                    }
                }
                usleep(10_000)
            }
        }

        private static func trainings(of project: String) -> [(step: String, process: pid_t)] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.compactMap { name in
                guard let process = pid_t(name),
                    let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
                else { return nil }
                let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                guard words.contains(project), words.count > 1, words[1] == "step", let step = words.last,
                    step.hasPrefix("train[mf")
                else { return nil }
                return (step, process)
            }
        }
    }

    private func shop() async throws -> ShopProject {
        guard let data = SharedData.onlineRetail else { return try await ShopProject(models: Self.models, users: 2000) }
        return try await ShopProject(models: Self.models, onlineRetail: data)
    }

    @Test(.tags(.slow)) func aGridSurvivesTheDeathOfTwoOfItsPoints() async throws {
        let shop = try await shop()
        let killer = Killer()
        Thread.detachNewThread { killer.work(project: shop.project) }
        let ended = try await shop.run(["run", "--json"])
        killer.stop()
        try #require(ended.status == 0, "\(ended.error)")
        #expect(killer.killed.count == 2)
        #expect(killer.most >= min(2, ProcessInfo.processInfo.activeProcessorCount), "one after the other")

        let result = try JSONValue(parsing: ended.output)
        let run = try #require(result["run"]?.string)
        let steps =
            try JSONValue(parsing: try await shop.run(["runs", run, "--json"]).output)["steps"]?.array ?? []
        func step(_ name: String) -> JSONValue? { steps.first { $0["name"]?.string == name } }
        let trainings = steps.filter { $0["name"]?.string?.hasPrefix("train[mf") == true }
        #expect(trainings.count == 6)
        for training in trainings {
            let name = training["name"]?.string ?? ""
            #expect(training["state"] == "finished")
            #expect(training["attempts"]?.integer == (killer.killed.contains(name) ? 2 : 1), "\(name)")
        }

        // The winner is the best on validation, of each model and of all.
        let selection = try #require(step("select")?["value"])
        let points = try (selection["points"]?.array ?? []).map { point in
            (
                name: try #require(point["name"]?.string),
                value: try #require(point["metrics"]?["recall@12"]?["value"]?.number)
            )
        }
        let best = try #require(points.map(\.value).max())
        let winner = try #require(selection["models"]?[selection["winner"]?.string ?? ""])
        #expect(winner["validation"]?.number == best && best > 0)
        let grid = try #require(points.filter { $0.name.hasPrefix("mf") }.map(\.value).max())
        #expect(points.count == 8 && selection["models"]?["mf"]?["validation"]?.number == grid)
        #expect(step("final")?["state"] == "finished" && step("gate")?["state"] == "finished")
        let tests = step("test")?["value"]?["tests"]?.array ?? []
        #expect(tests.contains { $0["state"] == "passed" } && !tests.contains { $0["state"] == "failed" })
        #expect(result["published"]?["version"]?.integer == 1)

        // What died is not missing in what is published.
        let undisturbed = try await self.shop()
        try #require(try await undisturbed.run(["run", "--quiet"]).status == 0)
        #expect(try await shop.liveChecksum() == undisturbed.liveChecksum())
    }
}
