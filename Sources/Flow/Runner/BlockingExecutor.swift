import Dispatch

/// Runs a task's synchronous pieces on a dispatch queue, whose threads may block, instead of on the few threads that
/// all tasks share.
final class BlockingExecutor: TaskExecutor {
    private let queue: DispatchQueue

    init(name: String) { queue = DispatchQueue(label: "flow.\(name)", attributes: .concurrent) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
