import ArgumentParser
import Core
import Flow

/// `martlet runs resume`
struct RunsResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a run that did not finish, or repeat a part of one.",
        discussion: """
            Example: martlet runs resume ab12
                     martlet runs resume ab12 --from evaluate
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id.")
    var run: String

    @Option(help: "Compute this step again, and everything behind it.")
    var from: String?

    func run() async throws { try await ProjectRunner(project, output).resume(run, from: from) }
}

/// `martlet runs tag`
struct RunsTag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Set or remove tags of a run; one tagged 'keep' is never cleared away.",
        discussion: """
            Example: martlet runs tag ab12 keep why=best-so-far
                     martlet runs tag ab12 --remove why
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id.")
    var run: String

    @Argument(help: "Tags, NAME or NAME=VALUE.")
    var tags: [String] = []

    @Option(help: "A tag to remove; may be given several times.")
    var remove: [String] = []

    func run() async throws {
        let store = try Runs.store(project)
        let id = try store.run(run).id
        var changes: [String: String?] = try LabelOptions.tags(tags).mapValues { $0 }
        for name in remove { changes[name] = .some(nil) }
        try store.tag(run: id, changes)
        let now = try store.tags(run: id)
        let lines = now.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
        output.finish(
            lines.isEmpty ? "run \(id) has no tags\n" : lines.joined(separator: "\n") + "\n",
            json: ["run": .string(id), "tags": .object(now.mapValues { .string($0) })])
    }
}
