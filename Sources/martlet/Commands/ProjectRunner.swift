import Core
import Evaluation
import Features
import Flow
import FoundationEssentials
import Project
import Serving
import Warehouse

/// What the subcommands on a project share: reading it, running it, saying how it went.
struct ProjectRunner {
    let folder: String
    let output: OutputOptions

    init(_ project: ProjectOptions, _ output: OutputOptions) {
        folder = Self.trimmed(project.project)
        self.output = output
    }

    init(folder: String, output: OutputOptions) {
        self.folder = folder
        self.output = output
    }

    /// Reads and checks the project file, the server's section too.
    ///
    /// - Throws: all faults at once.
    static func configuration(_ folder: String) throws -> (project: ProjectConfiguration, serving: ServingConfiguration)
    {
        let diagnostics = Diagnostics()
        let project = try ProjectConfiguration(folder: folder, diagnostics: diagnostics)
        var fields = ConfigurationFields(project.serving, path: "serve", diagnostics: diagnostics)
        let serving = ServingConfiguration(&fields, projectFolder: folder)
        try diagnostics.throwIfAny()
        return (project, serving)
    }

    /// Runs the steps up to `last` and prints what came of it.
    @discardableResult
    func run(
        upTo last: StepName, users: [String] = [], k: Int? = nil, resumes: Bool = true, from: String? = nil,
        label: RunLabel = RunLabel(), slurm: [String]? = nil
    ) async throws -> RunSummary {
        let project = try Self.configuration(folder).project
        var begun = try ShopRunner(project)
        if let slurm { begun.launcher = SlurmLauncher(folder: project.stateFolder, options: slurm) }
        let runner = begun
        let summary = try await withInterrupts {
            try await runner.run(
                upTo: last == .publish ? nil : last, resumes: resumes, progress: output.progress,
                program: Self.program, from: from, label: label)
        }
        return try finish(summary, runner: runner, last: last, users: users, k: k)
    }

    /// Goes on with a run, or repeats a part of it, and prints what came of it.
    func resume(_ run: String, from: String?) async throws {
        let runner = try ShopRunner(Self.configuration(folder).project)
        let summary = try await withInterrupts {
            try await runner.resume(run, from: from, progress: output.progress, program: Self.program)
        }
        let names = Set(summary.steps.map(\.name))
        let last = StepName.allCases.last { names.contains($0.rawValue) } ?? .load
        try finish(summary, runner: runner, last: last)
    }

    @discardableResult
    private func finish(
        _ summary: RunSummary, runner: ShopRunner, last: StepName, users: [String] = [], k: Int? = nil
    ) throws -> RunSummary {
        do {
            try summary.check()
        } catch var error as MartletError {
            if error.code == .cancelled { error.hint = "go on with the same command: finished steps are not repeated" }
            throw error
        }
        let result = try RunResult(runner: runner, run: summary.run, last: last)
        var text = result.text(isColored: Style(for: .standardOutput).isColored)
        let lists = try UserLists(result: result, users: users, k: k)
        text += lists.text
        output.finish(text, json: result.json(lists: lists.json))
        return summary
    }

    /// Runs one step for a run of another process.
    static func runStep(_ step: String, run: String, folder: String) async throws {
        let project = try configuration(folder).project
        try await withInterrupts {
            try await ShopRunner(project).runStep(step, run: run, progress: SilentProgress())
        }
    }

    /// Builds the selected SQL models on what is loaded already.
    func transform(select: String) throws {
        let report = try sqlRunner().build(select: select.split(separator: " ").map(String.init))
        output.finish(report.text, json: ["tables": report.rowCounts])
        try report.throwIfFailed()
    }

    /// Writes the SQL of the models, templates filled in.
    func writeCompiled(to folder: String) throws {
        let project = try sqlRunner().project
        try project.writeCompiled(to: folder)
        output.finish("wrote \(project.models.count) models to \(folder)\n", json: ["folder": .string(folder)])
    }

    /// Prints the graph of the SQL models.
    func printLineage() throws {
        let lineage = try sqlRunner().project.lineage()
        let json = try JSONValue(encoding: lineage)
        output.finish(lineage.dot, json: json)
    }

    /// Asks how old the sources' newest rows are.
    func checkFreshness() throws {
        let report = try sqlRunner().freshness()
        let lines = report.sources.map { "\($0.status.rawValue)  \($0.name)  \($0.message ?? "")" }
        output.finish(
            lines.joined(separator: "\n") + "\n",
            json: [
                "sources": .array(
                    report.sources.map { source in
                        [
                            "name": .string(source.name), "status": .string(source.status.rawValue),
                            "age": source.age.map { .number($0) } ?? .null,
                        ]
                    })
            ])
        if !report.succeeded {
            throw MartletError(
                .failedCheck, "sources are too old: \(report.failed.joined(separator: ", "))",
                hint: "load a newer delivery with 'martlet load'")
        }
    }

    private func sqlRunner() throws -> SQLProjectRunner {
        let project = try Self.configuration(folder).project
        return try SQLProjectRunner(
            project: SQLProject(folder: project.sqlFolder), warehouse: try Warehouse(project.warehouse),
            variables: ShopFlow(project).sqlVariables, threads: project.sql.threads, progress: output.progress)
    }

    /// This program's own path, for steps in processes of their own.
    static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// `shop` for `shop/`, so that paths in messages look as people write them.
    static func trimmed(_ folder: String) -> String {
        var text = folder
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
