import Synchronization
import Tensor

/// Lets requests share batches: who comes while as many batches are being answered as there are cores waits for one of
/// them to end, and is answered together with all who came meanwhile.
///
/// Nobody waits while a core is idle, and nobody longer than the batch that is under way takes, so that there is no time
/// to choose.
public final class RequestBatcher: Sendable {
    private struct Waiting {
        var request: PipelineRequest
        var arrival: ContinuousClock.Instant
        var continuation: CheckedContinuation<PipelineAnswer, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var running = 0
    }

    private let pipeline: RecommendationPipeline
    private let most: Int
    private let width: Int
    private let state = Mutex(State())

    /// Makes a batcher for a pipeline, whose declaration says how large a batch may be.
    ///
    /// - Parameter width: how many batches are answered at a time.
    public init(_ pipeline: RecommendationPipeline, width: Int = Threads.count) {
        precondition(width >= 1, "some batch is answered")
        self.pipeline = pipeline
        most = pipeline.configuration.batch
        self.width = width
    }

    /// Answers a request, alone or with others.
    ///
    /// - Parameter wall: the moment, in seconds since 1970.
    public func answer(_ request: PipelineRequest, wall: Int64) async -> PipelineAnswer {
        let arrival = ContinuousClock.now
        let isFree = state.withLock { state in
            guard state.running < width else { return false }
            state.running += 1
            return true
        }
        guard isFree else {
            return await withCheckedContinuation { continuation in
                let mayStart = state.withLock { state in
                    state.waiting.append(Waiting(request: request, arrival: arrival, continuation: continuation))
                    // A place may have become free since we looked.
                    guard state.running < width else { return false }
                    state.running += 1
                    return true
                }
                if mayStart { Task { await self.drain(wall: wall) } }
            }
        }
        let answer = await pipeline.answers(to: [request], wall: wall, clock: clock(arrival))[0]
        if leave() { Task { await self.drain(wall: wall) } }
        return answer
    }

    private func clock(_ arrival: ContinuousClock.Instant) -> RequestClock {
        RequestClock(start: arrival, seconds: pipeline.configuration.deadline)
    }

    /// Gives the place back, unless somebody waits.
    ///
    /// - Returns: whether the place is kept for those who wait.
    private func leave() -> Bool {
        state.withLock { state in
            guard state.waiting.isEmpty else { return true }
            state.running -= 1
            return false
        }
    }

    /// Answers those who wait until there is nobody left.
    private func drain(wall: Int64) async {
        repeat {
            let batch = state.withLock { state in
                defer { state.waiting.removeFirst(min(most, state.waiting.count)) }
                return Array(state.waiting.prefix(most))
            }
            // Who has waited too long for candidates is answered apart, so that the others need not do without.
            let late = batch.partitioned { clock($0.arrival).isOver(.sources) }
            for part in [late.on, late.off] {
                guard let first = part.first else { continue }
                let answers = await pipeline.answers(
                    to: part.map(\.request), wall: wall, clock: clock(first.arrival))
                for (waiting, answer) in zip(part, answers) { waiting.continuation.resume(returning: answer) }
            }
        } while leave()
    }
}

extension Array {
    /// Those that `test` holds for, and the others, each in their order.
    fileprivate func partitioned(_ test: (Element) -> Bool) -> (on: [Element], off: [Element]) {
        reduce(into: ([], [])) { parts, element in
            if test(element) { parts.0.append(element) } else { parts.1.append(element) }
        }
    }
}
