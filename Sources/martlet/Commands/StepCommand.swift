import ArgumentParser
import Core
import Project

/// `martlet step`: one step of a run in a process of its own; the run starts it, not people.
struct StepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Run one step of a run that is under way.", shouldDisplay: false)
    @OptionGroup var project: ProjectOptions

    @Option(help: "The run's id.")
    var run: String

    @Option(help: "The step's name.")
    var step: String

    func run() async throws {
        try await ProjectRunner.runStep(step, run: run, folder: project.project)
    }
}
