import Synchronization

/// How work that runs aside ended.
enum RaceResult<Value: Sendable>: Sendable {
    case done(Value)
    case late
    case failed(any Error)
}

/// Runs `work` aside and waits for it until `deadline`, not longer: late work is cancelled, and left to itself if it does
/// not heed that.
func race<Value: Sendable>(
    until deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Value
) async -> RaceResult<Value> {
    let runner = RaceRunner<Value>()
    return await withCheckedContinuation { continuation in
        runner.start(continuation, until: deadline, work)
    }
}

/// Resumes a race once, by whoever comes first.
private final class RaceRunner<Value: Sendable>: Sendable {
    private let waiting = Mutex<CheckedContinuation<RaceResult<Value>, Never>?>(nil)

    func start(
        _ continuation: CheckedContinuation<RaceResult<Value>, Never>, until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable () async throws -> Value
    ) {
        waiting.withLock { $0 = continuation }
        let task = Task {
            do {
                self.end(.done(try await work()))
            } catch {
                self.end(.failed(error))
            }
        }
        Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            self.end(.late)
            task.cancel()
        }
    }

    private func end(_ result: RaceResult<Value>) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: result)
    }
}
