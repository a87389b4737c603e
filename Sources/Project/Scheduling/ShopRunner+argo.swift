import Core
import Flow

/// For systems that schedule by themselves, such as Argo Workflows.
extension ShopRunner {
    /// Does what a process of such a run has to do.
    ///
    /// - Returns: the new run's id; the branches of a fan-out; nothing otherwise.
    /// - Throws: as ``Flow/FlowRunner/perform(_:_:run:step:attempt:parameters:label:)``.
    public func perform(
        _ phase: StepPhase, run: String, step: String, attempt: Int, progress: any ProgressReporting
    ) async throws -> String {
        try await FlowRunner(store: store, progress: progress).perform(
            phase, ShopFlow(project).graph(), run: run, step: step, attempt: attempt, parameters: project.file.json)
    }

    /// The manifest of all steps, with the memory that trainings need by the newest data there is.
    ///
    /// - Throws: `invalidConfiguration`, and the store's errors.
    public func manifest(_ manifest: ArgoManifest) throws -> JSONValue {
        let graph = try ShopFlow(project).graph()
        var results: [String: StepResult] = [:]
        for run in try store.runs() where run.flow == graph.name {
            results[SplitUse.selection.rawValue] = try store.result(run: run.id, step: SplitUse.selection.rawValue)
            if !results.isEmpty { break }
        }
        return try manifest.json(of: graph, results: results)
    }
}
