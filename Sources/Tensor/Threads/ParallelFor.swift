import CKernels
import Dispatch
import Synchronization

/// Runs `body` over `0 ..< count` on several threads and returns when all are done.
///
/// The range is cut into at most `threads` neighbouring pieces of nearly equal size, each at least `grain` long (and
/// cut at multiples of `grain`), so the partition depends on the arguments alone: sums kept per `worker` and added in
/// the order of workers repeat exactly. A loop inside a loop runs on the thread that reaches it, as worker 0.
///
/// - Parameters:
///   - count: how many indices there are; nothing runs if 0.
///   - grain: the smallest piece worth a thread of its own; at least 1.
///   - threads: the most threads to use; ``Threads/count`` if nil.
///   - body: called once for each piece with its range and its worker, `0 ..< threads`.
/// - Throws: the error of the first worker that failed; the others' work is finished first.
/// - Complexity: starting the workers costs some 10 µs; give it 100 µs of work or more.
public func parallelFor<Failure: Error>(
    _ count: Int, grain: Int = 1, threads: Int? = nil,
    _ body: @Sendable (_ range: Range<Int>, _ worker: Int) throws(Failure) -> Void
) throws(Failure) {
    precondition(grain >= 1, "a grain is at least 1")
    guard count > 0 else { return }
    let grains = (count + grain - 1) / grain
    let workers = martlet_parallel_depth() > 0 ? 1 : max(1, min(threads ?? Threads.count, grains))
    guard workers > 1 else { return try body(0..<count, 0) }

    let failures = Mutex<[(worker: Int, error: Failure)]>([])
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
        martlet_parallel_enter(1)
        defer { martlet_parallel_enter(-1) }
        let start = grains * worker / workers * grain
        let end = min(grains * (worker + 1) / workers * grain, count)
        do throws(Failure) {
            try body(start..<end, worker)
        } catch {
            failures.withLock { $0.append((worker, error)) }
        }
    }
    if let first = failures.withLock({ $0.min { $0.worker < $1.worker } }) { throw first.error }
}
