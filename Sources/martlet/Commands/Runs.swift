import ArgumentParser
import Core
import Flow
import Project

/// `martlet runs`
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the project's runs, or one of them.",
        discussion: """
            Example: martlet runs
                     martlet runs 20261123-0117-ab12
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id; without it all runs are listed, the newest first.")
    var run: String?

    @Option(help: "How many runs to list.")
    var limit = 20

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let store = try ShopRunner(project).store
        if let run { return try show(run, store) }
        let runs = try store.runs().prefix(max(1, limit))
        let lines = runs.map { run in
            "\(run.id)  \(run.state.rawValue)  \(run.seconds.map(TerminalProgress.time) ?? "–")  \(run.message ?? "")"
        }
        output.finish(
            lines.isEmpty ? "there are no runs yet: 'martlet run' makes one\n" : lines.joined(separator: "\n") + "\n",
            json: ["runs": .array(runs.map(json))])
    }

    private func show(_ id: String, _ store: RunStore) throws {
        let run = try store.run(id)
        let steps = try store.steps(run: run.id)
        var text = "\(run.id)  \(run.state.rawValue)\(run.message.map { ": \($0)" } ?? "")\n"
        let width = steps.map(\.name.count).max() ?? 0
        for step in steps {
            let name = step.name + String(repeating: " ", count: width - step.name.count)
            text += "  \(name)  \(step.state.rawValue)  \(step.seconds.map(TerminalProgress.time) ?? "–")"
            text += step.message.map { "  \($0)" } ?? ""
            text += "\n"
        }
        output.finish(
            text,
            json: [
                "run": json(run),
                "steps": .array(
                    steps.map { step in
                        [
                            "name": .string(step.name), "state": .string(step.state.rawValue),
                            "seconds": step.seconds.map { .number($0) } ?? .null,
                            "attempts": .integer(Int64(step.attempts)),
                            "dependencies": .array(step.dependencies.map { .string($0) }),
                            "value": (try? store.result(run: run.id, step: step.name))?.value ?? .null,
                        ]
                    }),
            ])
    }

    private func json(_ run: RunRecord) -> JSONValue {
        [
            "id": .string(run.id), "state": .string(run.state.rawValue), "created": .number(run.created),
            "seconds": run.seconds.map { .number($0) } ?? .null, "message": run.message.map { .string($0) } ?? .null,
        ]
    }
}
