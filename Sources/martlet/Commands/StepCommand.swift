import ArgumentParser
import Core
import Flow
import Project

/// `martlet step`: one step of a run in a process of its own; the run starts it, or a system such as Argo, not people.
struct StepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Run one step of a run that is under way.", shouldDisplay: false)
    @OptionGroup var project: ProjectOptions

    @Option(help: "The run's id.")
    var run = ""

    @Option(help: "The step's name.")
    var step = ""

    @Option(help: "What to do where no run coordinates the steps: begin, plan, alone, end.")
    var phase: String?

    @Option(help: "How many attempts at the step there were before.")
    var attempt = 0

    @Option(help: "Write the id of the run that is begun, or the names of the branches, into this file.")
    var output: String?

    func validate() throws {
        if let phase, StepPhase(rawValue: phase) == nil {
            let phases = StepPhase.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--phase must be one of \(phases), found '\(phase)'")
        }
    }

    func run() async throws {
        guard let phase = phase.flatMap(StepPhase.init) else {
            return try await ProjectRunner.runStep(step, run: run, folder: project.project)
        }
        let shop = try ShopRunner(ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project)
        let found = try await shop.perform(
            phase, run: run, step: step, attempt: attempt, progress: TerminalProgress())
        if let output { try AtomicFile.write(found, to: output) }
        if !found.isEmpty { writeLine(found, to: .standardOutput) }
    }
}
