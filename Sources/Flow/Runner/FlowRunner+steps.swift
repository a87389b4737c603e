import Core

extension FlowRunner {
    /// Brings one step to its outcome: a result it has, a result from the store, or attempts until one succeeds.
    ///
    /// - Parameter repeats: computes it although there may be a result.
    func complete(_ step: Step, run: String, inputs: StepInputs, repeats: Bool) async -> StepOutcome {
        let begin = ContinuousClock.now
        var key = ""
        do {
            key = try await StepKey.make(step, inputs: inputs)
            if !repeats, let known = try await known(step, key: key, run: run) { return known }
            progress.begin(step.name)
            let result = try await attempts(step, key: key, run: run, inputs: inputs)
            let taken = seconds(of: ContinuousClock.now - begin)
            progress.end(step.name, summary: "done in \(FlowRunner.describe(taken))")
            return .finished(result, seconds: taken)
        } catch {
            if Task.isCancelled || error is CancellationError {
                try? store.mark(run: run, step: step.name, .cancelled, message: "ended before it was done")
                progress.end(step.name, summary: "ended before it was done")
                return .cancelled
            }
            let message = (error as? MartletError)?.message ?? "\(error)"
            if step.catches, let result = try? caught(step, key: key, run: run, error: error) {
                progress.end(step.name, summary: "failed, and the flow goes on without it: \(message)")
                return .caught(result, error, seconds: seconds(of: ContinuousClock.now - begin))
            }
            try? store.mark(run: run, step: step.name, .failed, message: "\(error)")
            progress.end(step.name, summary: "failed: \(message)")
            return .failed(error, seconds: seconds(of: ContinuousClock.now - begin))
        }
    }

    /// What stands in for the result of a step that failed and is caught. Its key is its own, so that a resumed run
    /// tries the step again, and no other run takes it.
    private func caught(_ step: Step, key: String, run: String, error: any Error) throws -> StepResult {
        try store.commit(
            run: run, step: step.name, key: "caught:\(key)", value: ["failed": .string("\(error)")], artifacts: [],
            seconds: 0, state: .caught, message: "\(error)")
    }

    /// A result for this key that is still whole: this run's own, or (if the step is memoised) any run's.
    private func known(_ step: Step, key: String, run: String) async throws -> StepOutcome? {
        var candidates: [StepResult] = []
        if let own = try store.result(run: run, step: step.name), own.key == key { candidates.append(own) }
        let ownResult = candidates.first?.id
        if step.isMemoised {
            candidates += try store.results(key: key).filter { $0.id != ownResult }
        }
        for result in candidates {
            do {
                for artifact in result.artifacts.values { _ = try store.artifacts.path(of: artifact) }
            } catch let error as MartletError where error.code == .corrupted || error.code == .notFound {
                progress.note("\(step.name): \(error.message); the step is repeated")
                try store.forget(result.id)
                continue
            }
            if let validity = step.validity, try await !validity(result) {
                progress.note("\(step.name): what it did outside the store is gone; the step is repeated")
                continue
            }
            if result.id == ownResult {
                progress.end(step.name, summary: "done already")
                return .wasDone(result)
            }
            let message = "unchanged, taken from run \(result.run)"
            // Collected by another process in this very moment: then it is computed.
            let isTaken = try StoreLock.hold(store.folder) {
                try store.reuse(result, run: run, step: step.name, message: message)
            }
            guard isTaken else { continue }
            progress.end(step.name, summary: message)
            return .reused(result, message)
        }
        return nil
    }

    private func attempts(
        _ step: Step, key: String, run: String, inputs: StepInputs
    ) async throws -> StepResult {
        var tried = 0
        while true {
            try Task.checkCancellation()
            tried += 1
            do {
                return try await attempt(step, key: key, run: run, inputs: inputs)
            } catch {
                if Task.isCancelled || error is CancellationError || tried > step.retries.count { throw error }
                if step.retries.cause == .death, (error as? MartletError)?.code != .childDied { throw error }
                let pause = step.retries.pause(afterAttempt: tried)
                let message = (error as? MartletError)?.message ?? "\(error)"
                progress.note(
                    "\(step.name): attempt \(tried) of \(step.retries.count + 1) failed: \(message); "
                        + "again in \(FlowRunner.describe(seconds(of: pause)))")
                try await Task.sleep(for: pause)
            }
        }
    }

    private func attempt(
        _ step: Step, key: String, run: String, inputs: StepInputs
    ) async throws -> StepResult {
        let number = try store.beginAttempt(run: run, step: step.name, key: key)
        if step.isolation == .childProcess, let childCommand {
            let launched = LaunchedStep(
                run: run, step: step, command: childCommand(step.name, run),
                log: store.logPath(run: run, step: step.name), memory: step.memory?(inputs.results) ?? 0)
            return try await attemptInChild(launched)
        }
        return try await StepAttempt(
            store: store, run: run, step: step, key: key, number: number, inputs: inputs, progress: progress
        ).perform()
    }

    /// `0.42 s`, `3 m 12 s`, `1 h 04 m`.
    static func describe(_ seconds: Double) -> String {
        if seconds < 60 {
            let hundredths = Int((seconds * 100).rounded())
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
        }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) m \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) m"
    }
}
