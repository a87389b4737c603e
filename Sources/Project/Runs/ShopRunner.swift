import Core
import Flow

/// Runs a project's flow, or a part of it, and finds what runs left behind.
public struct ShopRunner: Sendable {
    /// The project.
    public let project: ProjectConfiguration
    /// Where the project's runs and artifacts are kept.
    public let store: RunStore

    /// Opens the project's store of runs, making it if there is none.
    ///
    /// - Throws: `system` or `corrupted` if the store cannot be opened.
    public init(_ project: ProjectConfiguration) throws {
        self.project = project
        store = try RunStore(folder: project.stateFolder)
    }

    /// Runs the steps up to `last`, taking finished ones from earlier runs.
    ///
    /// - Parameters:
    ///   - last: the last step; nil for all.
    ///   - resumes: whether the last run, if it has the same steps and did not finish, is taken up again.
    ///   - progress: where to say how far the run is.
    ///   - program: the program that runs a step in a process of its own; nil to run all in this process.
    /// - Throws: the first failure of a step.
    public func run(
        upTo last: StepName? = nil, resumes: Bool = true, progress: any ProgressReporting = SilentProgress(),
        program: String? = nil
    ) async throws -> RunSummary {
        let graph = try ShopFlow(project).graph(upTo: last)
        let folder = project.folder
        var runner = FlowRunner(store: store, progress: progress)
        if let program {
            runner.childCommand = { step, run in
                [program, "step", "--project", folder, "--run", run, "--step", step]
            }
        }
        let unfinished = resumes ? try resumable(graph) : nil
        if let unfinished { progress.note("taking up run \(unfinished)") }
        return try await runner.run(graph, resume: unfinished, parameters: project.file.json)
    }

    /// Runs one step of a run that another process has under way.
    public func runStep(_ step: String, run: String, progress: any ProgressReporting) async throws {
        try await FlowRunner(store: store, progress: progress).runChild(ShopFlow(project).graph(), run: run, step: step)
    }

    /// The last run, if it has the steps of `graph`, did not finish, and nobody works on it.
    private func resumable(_ graph: FlowGraph) throws -> String? {
        guard let last = try store.runs().first(where: { $0.flow == graph.name }),
            last.state != .finished, last.state != .running, last.parameters == project.file.json
        else { return nil }
        let names = try Set(store.steps(run: last.id).map(\.name))
        return names == Set(graph.steps.map(\.name)) ? last.id : nil
    }

    /// What a finished step of a run left.
    ///
    /// - Throws: `notFound` if the run has no such step or it has not finished.
    public func result(of step: StepName, run: String) throws -> StepResult {
        if let result = try store.result(run: run, step: step.rawValue) { return result }
        throw MartletError(
            .notFound, "run \(run) has no finished step '\(step.rawValue)'", hint: "run 'martlet \(step.rawValue)'")
    }
}
