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
private final class RaceRunner<Value: Sendable>: Late {
    private struct State {
        var continuation: CheckedContinuation<RaceResult<Value>, Never>?
        var work: Task<Void, Never>?
    }

    private let state = Mutex(State())

    func start(
        _ continuation: CheckedContinuation<RaceResult<Value>, Never>, until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable () async throws -> Value
    ) {
        state.withLock { $0.continuation = continuation }
        let place = Deadlines.shared.watch(self, until: deadline)
        let task = Task {
            do {
                self.end(.done(try await work()))
            } catch {
                self.end(.failed(error))
            }
            Deadlines.shared.forget(place)
        }
        let isOver = state.withLock { state in
            state.work = state.continuation == nil ? nil : task
            return state.continuation == nil
        }
        if isOver { task.cancel() }
    }

    func isLate() {
        let work = state.withLock { $0.work }
        end(.late)
        work?.cancel()
    }

    private func end(_ result: RaceResult<Value>) {
        let continuation = state.withLock { state in
            defer { state = State() }
            return state.continuation
        }
        continuation?.resume(returning: result)
    }
}
