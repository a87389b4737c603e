import ArgumentParser
import Core
import Flow

/// `martlet runs gc`
struct RunsCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Clear away old runs and the artifacts that no run needs any more.",
        discussion: """
            A run stays that is being worked on, that is tagged 'keep', or from which a run that stays has taken results.
            What is published does not depend on runs and is not touched.

            Example: martlet runs gc --keep 5 --older-than 30 --dry-run
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "How many runs stay, the newest.")
    var keep = 10

    @Option(help: "Only runs older than so many days go.")
    var olderThan: Double?

    @Flag(help: "Say what would go, and remove nothing.")
    var dryRun = false

    func validate() throws {
        if keep < 0 { throw ValidationError("--keep must not be negative, found \(keep)") }
        if let olderThan, olderThan < 0 {
            throw ValidationError("--older-than must not be negative, found \(olderThan)")
        }
    }

    func run() async throws {
        let policy = GarbagePolicy(keep: keep, youngerThan: olderThan.map { $0 * 86_400 })
        let report = try Runs.store(project).collectGarbage(policy, isDryRun: dryRun)
        let verb = dryRun ? "would remove" : "removed"
        let megabytes = Runs.short((Double(report.bytes) / 1e6 * 10).rounded() / 10)
        output.finish(
            report.runs.map { "\(verb) run \($0)\n" }.joined()
                + "\(verb) \(report.runs.count) runs, \(report.results) results, \(report.files) files of \(megabytes) MB\n",
            json: [
                "dry-run": .bool(dryRun), "runs": .array(report.runs.map { .string($0) }),
                "results": .integer(Int64(report.results)), "files": .integer(Int64(report.files)),
                "bytes": .integer(report.bytes),
            ])
    }
}
