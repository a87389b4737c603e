import Core
import Flow
import Synchronization

/// Runs a project's flow, or a part of it, and finds what runs left behind.
public struct ShopRunner: Sendable {
    /// The project.
    public let project: ProjectConfiguration
    /// Where the project's runs and artifacts are kept.
    public let store: RunStore
    /// Runs trainings elsewhere, such as on a cluster; nil: on this machine.
    public var launcher: (any StepLauncher)?

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
    ///   - from: a step that is computed again, and all behind it, in the last run with the same steps; nil: none.
    ///   - label: what a new run is filed under.
    /// - Throws: the first failure of a step; `notFound` if there is no run to repeat `from` in.
    public func run(
        upTo last: StepName? = nil, resumes: Bool = true, progress: any ProgressReporting = SilentProgress(),
        program: String? = nil, from: String? = nil, label: RunLabel = RunLabel()
    ) async throws -> RunSummary {
        let graph = try ShopFlow(project).graph(upTo: last)
        let runner = runner(progress: progress, program: program)
        if let from {
            guard let last = try store.runs().first(where: { $0.flow == graph.name && $0.state != .running }) else {
                throw MartletError(
                    .notFound, "there is no run yet whose step '\(from)' could be repeated", hint: "leave out --from")
            }
            return try await told(runner) { try await $0.run(graph, resume: last.id, from: from) }
        }
        let unfinished = resumes ? try resumable(graph) : nil
        if let unfinished { progress.note("taking up run \(unfinished)") }
        return try await told(runner) {
            try await $0.run(graph, resume: unfinished, parameters: project.file.json, label: label)
        }
    }

    /// Goes on with a run, whatever its last step is.
    ///
    /// - Parameters:
    ///   - id: the run's id.
    ///   - from: a step that is computed again, and all behind it; nil: what has no result.
    /// - Throws: `notFound` or `busy` for a run that cannot be resumed, `invalidConfiguration` if the project has other
    ///   steps by now.
    public func resume(
        _ id: String, from: String?, progress: any ProgressReporting = SilentProgress(), program: String? = nil
    ) async throws -> RunSummary {
        let run = try store.run(id)
        let names = try Set(store.steps(run: run.id).filter { $0.parent == nil }.map(\.name))
        let graphs = try ([nil] + StepName.allCases.map(Optional.some)).map { try ShopFlow(project).graph(upTo: $0) }
        guard let graph = graphs.first(where: { Set($0.steps.map(\.name)) == names }) else {
            throw MartletError(
                .invalidConfiguration, "run \(run.id) has other steps than the project by now",
                hint: "begin a new run: what has not changed is taken from the store")
        }
        return try await told(runner(progress: progress, program: program)) {
            try await $0.run(graph, resume: run.id, from: from)
        }
    }

    /// Runs `body`, and tells the tracking server of it, if the project names one.
    private func told(
        _ runner: FlowRunner, _ body: @Sendable (FlowRunner) async throws -> RunSummary
    ) async throws -> RunSummary {
        guard let exporter else { return try await body(runner) }
        let id = Mutex<String?>(nil)
        var watched = runner
        watched.began = { run in id.withLock { $0 = run } }
        let ready = watched
        return try await LiveExport(exporter: exporter, progress: runner.progress).during(run: { id.withLock { $0 } }) {
            try await body(ready)
        }
    }

    /// Tells the project's MLflow server of runs; nil if the project names none.
    public var exporter: MLflowExporter? {
        project.tracking.mlflow.map { address in
            MLflowExporter(
                store: store, client: MLflowClient(address: address, token: project.tracking.token),
                experiment: project.tracking.experiment)
        }
    }

    private func runner(progress: any ProgressReporting, program: String?) -> FlowRunner {
        let folder = project.folder
        var runner = FlowRunner(store: store, progress: progress)
        runner.launcher = launcher
        if let program {
            runner.childCommand = { step, run in
                [program, "step", "--project", folder, "--run", run, "--step", step]
            }
        }
        return runner
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
