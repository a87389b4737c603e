import NIOCore
import NIOPosix

/// Runs the work of requests on the threads that read and write the sockets: a request then goes from its first byte to
/// the last of its answer without a change of threads, which costs more than all that is not arithmetic.
///
/// Work goes on with the loop that it was woken by, and begins with any if there was none.
final class LoopExecutor: TaskExecutor {
    static let shared = LoopExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
