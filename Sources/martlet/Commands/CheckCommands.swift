import ArgumentParser
import Core
import Project

/// `martlet check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the project file, its files and its SQL, without running anything.",
        discussion: """
            All faults are shown at once, each with file:line:column and a way to fix it.

            Example: martlet check --project shop
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (project, _) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        let found = try ProjectCheck(project).run()
        output.finish(
            "\(project.name): \(found.sources) sources, \(found.models) SQL models, \(project.models.count) models: all well\n",
            json: ["project": .string(project.name), "valid": true])
    }
}

/// `martlet config`
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the project file says.",
        discussion: "Example: martlet config --resolved")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Show every setting with its default filled in. Secrets are never shown.")
    var resolved = false

    func run() async throws {
        let (project, _) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        let shown = resolved ? try ResolvedConfiguration(project).json : project.file.json
        output.finish(shown.pretty + "\n", json: shown)
    }
}
