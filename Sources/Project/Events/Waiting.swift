import Dispatch
import Synchronization

/// Waits on this thread for what a server answers: the warehouse's driver asks for rows by a call that does not suspend.
func waiting<Answer: Sendable>(_ body: @escaping @Sendable () async throws -> Answer) throws -> Answer {
    let call = WaitedCall<Answer>()
    Task.detached(executorPreference: WaitedCalls.executor) {
        let result: Result<Answer, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        call.result.withLock { $0 = result }
        call.done.signal()
    }
    call.done.wait()
    return try call.result.withLock { $0! }.get()
}

/// Runs what is waited for on a queue of its own: where all common threads wait, nothing would be left to answer them.
private final class WaitedCalls: TaskExecutor {
    static let executor = WaitedCalls()
    private let queue = DispatchQueue(label: "martlet.waited-calls")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

private final class WaitedCall<Answer: Sendable>: Sendable {
    let result = Mutex<Result<Answer, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
}
