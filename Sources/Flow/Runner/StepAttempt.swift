import Core
import Synchronization

/// One attempt at a step, in the process that computes it: prepare, run the body, store, commit.
struct StepAttempt: Sendable {
    var store: RunStore
    var run: String
    var step: Step
    var key: String
    var number: Int
    var inputs: StepInputs
    var progress: any ProgressReporting

    /// Runs the body and commits its result.
    ///
    /// - Throws: whatever the body throws, and `invalidData` if an output was announced and not written.
    func perform() async throws -> StepResult {
        let folder = store.workPath(run: run, step: step.name)
        let outputs = "\(folder)/outputs"
        let checkpoints = "\(folder)/checkpoint-\(key.prefix(16))"
        // What an attempt that was killed left behind.
        try Folders.remove(outputs)
        try Folders.make(outputs)
        try Folders.make(checkpoints)
        let recorder = StepRecorder(store: store, run: run, step: step.name)
        let work = StepWork(inputs: inputs, recorder: recorder)
        let context = StepContext(
            run: run, step: step.name, parameters: step.parameters, attempt: number, progress: progress,
            results: inputs.results, checkpointFolder: checkpoints, outputFolder: outputs, store: store, work: work)
        let begin = ContinuousClock.now
        // On a thread of its own: a body that keeps all others busy is what it has to tell of.
        let follower = Task(executorPreference: BlockingExecutor(name: "recorder")) { await recorder.follow() }
        defer { follower.cancel() }
        do {
            try await runBody(context)
        } catch {
            // The points up to a failure, and what it took, tell what went wrong.
            try? recorder.flush()
            try? store.keep(recorder.use, run: run, step: step.name)
            try? Folders.remove(outputs)
            throw error
        }
        try recorder.flush()
        let (names, value) = work.state.withLock { ($0.outputs, $0.value) }
        let result = try StoreLock.hold(store.folder) {
            let artifacts = try names.map { try storeOutput($0, at: "\(outputs)/\($0)") }
            let taken = seconds(of: ContinuousClock.now - begin)
            return try store.commit(
                run: run, step: step.name, key: key, value: value, artifacts: artifacts, seconds: taken,
                use: recorder.use)
        }
        // Committed: what is left over in the work folder cannot fail the step any more.
        try? Folders.remove(folder)
        return result
    }

    private func storeOutput(_ name: String, at path: String) throws -> Artifact {
        guard (try? FileStatus(path)) != nil else {
            throw MartletError(
                .invalidData, "step '\(step.name)' announced the artifact '\(name)' and did not write it",
                hint: "write a file or folder at the path that output(\"\(name)\") gives")
        }
        return try store.artifacts.store(path, name: name)
    }

    /// Runs the body on a thread of its own, so that work that blocks does not hold up the flow's own tasks.
    private func runBody(_ context: StepContext) async throws {
        let executor = BlockingExecutor(name: step.name)
        let work = context.work
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await step.body(context) }
                if let limit = step.timeLimit {
                    group.addTask {
                        try await Task.sleep(for: limit)
                        work.isCancelled.store(true, ordering: .relaxed)
                        throw StepFailure.timeLimit(limit)
                    }
                }
                do {
                    try await group.next()
                } catch {
                    group.cancelAll()
                    throw error
                }
                group.cancelAll()
            }
        } onCancel: {
            work.isCancelled.store(true, ordering: .relaxed)
        }
    }
}

/// Failures of a step that are not the body's own.
enum StepFailure {
    static func timeLimit(_ limit: Duration) -> MartletError {
        MartletError(
            .failedCheck, "the step took longer than its time limit of \(limit)",
            hint: "raise the limit, or give the step less to do")
    }
}
