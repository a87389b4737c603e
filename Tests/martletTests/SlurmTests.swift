import Core
import Foundation
import Testing

/// Trainings as jobs of a live Slurm of one node.
@Suite(
    .enabled(if: hasEngine, "DuckDB's library is not installed: scripts/setup"),
    .enabled(
        if: FileManager.default.fileExists(atPath: "/usr/sbin/slurmctld") && getuid() == 0,
        "needs root and the packages slurm-wlm and munge"),
    .timeLimit(.minutes(5)))
struct SlurmTests {
    private static let script = #filePath.replacingOccurrences(
        of: "Tests/martletTests/SlurmTests.swift", with: "scripts/with-slurm")

    @Test func aGridBecomesAnArrayAndEndsAsItDoesHere() async throws {
        let models =
            "{popularity: {}, mf: {loss: bpr, dimension: 8, epochs: 3, grid: {learning-rate: [0.01, 0.05, 0.1]}}}"
        let (here, there) = (try await ShopProject(models: models), try await ShopProject(models: models))
        try #require(try await here.run(["run", "--quiet"]).status == 0)
        let ended = try await Program.run(
            [
                Program.path, "run", "--project", there.project, "--quiet", "--json", "--on", "slurm",
                "--sbatch=--nice=1",
            ],
            of: Self.script)
        try #require(ended.status == 0, "\(ended.error)")
        #expect(try await there.liveChecksum() == here.liveChecksum())
        let folder = "\(there.project)/.martlet/slurm"
        let scripts = try FileManager.default.contentsOfDirectory(atPath: folder).map { name in
            try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
        // The three points were ready together: one array.
        let array = try #require(scripts.first { $0.contains("#SBATCH --array=0-2") })
        #expect(array.contains("#SBATCH --nice=1") && array.contains("learning-rate=0.05"))
        let run = try #require(try JSONValue(parsing: ended.output)["run"]?.string)
        let compared = try await Program.run(
            ["runs", "compare", run, "--project", there.project, "--where", "kind=mf", "--json"])
        #expect(try JSONValue(parsing: compared.output)["trials"]?.array?.count ?? 0 >= 3)
    }

    @Test func withoutSlurmTheWayToItIsShown() async throws {
        let shop = try await ShopProject(models: "{popularity: {}}")
        let ended = try await Program.run(
            ["run", "--project", shop.project, "--quiet", "--on", "slurm"], environment: ["PATH": "/nonexistent"])
        #expect(ended.status == 1 && ended.error.contains("'squeue' is not on the path"))
    }
}
