import Synchronization
import Tensor

/// Lets requests share batches: who comes while as many batches are being answered as there are cores waits for one of
/// them to end, and is answered together with all who came meanwhile: the first of them answers for all.
///
/// Nobody waits while a core is idle, and nobody longer than the batch that is under way takes, so that there is no time
/// to choose.
public final class RequestBatcher: Sendable {
    private struct Waiting {
        var request: PipelineRequest
        var arrival: ContinuousClock.Instant
        var continuation: CheckedContinuation<Turn, Never>
    }

    /// What becomes of a request that has waited.
    private enum Turn: Sendable {
        /// Somebody answered it.
        case answered(PipelineAnswer)
        /// It answers itself, and those who still wait.
        case leads
    }

    private struct State {
        var waiting: [Waiting] = []
        /// How many batches are being answered; somebody waits only while there are as many as may be.
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
        if state.withLock({ Self.begins(&$0, width) }) { return await lead(request, arrival, wall: wall) }
        let turn = await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                // A place may have become free since we looked.
                if Self.begins(&state, width) { return true }
                state.waiting.append(Waiting(request: request, arrival: arrival, continuation: continuation))
                return false
            }
            if begins { continuation.resume(returning: .leads) }
        }
        switch turn {
        case .answered(let answer): return answer
        case .leads: return await lead(request, arrival, wall: wall)
        }
    }

    /// Takes a place, if one is free.
    private static func begins(_ state: inout State, _ width: Int) -> Bool {
        guard state.running < width else { return false }
        state.running += 1
        return true
    }

    private func clock(_ arrival: ContinuousClock.Instant) -> RequestClock {
        RequestClock(start: arrival, seconds: pipeline.configuration.deadline)
    }

    /// Answers a request that has a place, and with it those who wait; the place goes to who came meanwhile.
    private func lead(
        _ request: PipelineRequest, _ arrival: ContinuousClock.Instant, wall: Int64
    ) async -> PipelineAnswer {
        let others = state.withLock { state in
            guard !state.waiting.isEmpty else { return [Waiting]() }
            let count = min(most - 1, state.waiting.count)
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        let own: PipelineAnswer
        if others.isEmpty {
            own = await pipeline.answers(to: [request], wall: wall, clock: clock(arrival))[0]
        } else {
            own = await answer(request, arrival, with: others, wall: wall)
        }
        let next = state.withLock { state -> Waiting? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.continuation.resume(returning: .leads)
        return own
    }

    /// Answers a request together with others, who are told.
    private func answer(
        _ request: PipelineRequest, _ arrival: ContinuousClock.Instant, with others: [Waiting], wall: Int64
    ) async -> PipelineAnswer {
        // Who has waited too long for candidates is answered apart, so that the others need not do without.
        let late = others.partitioned { clock($0.arrival).isOver(.sources) }
        let isLate = clock(arrival).isOver(.sources)
        var own: PipelineAnswer?
        for (part, isOwn) in [(late.on, isLate), (late.off, !isLate)] {
            let requests = (isOwn ? [request] : []) + part.map(\.request)
            guard !requests.isEmpty else { continue }
            let first = isOwn ? arrival : part[0].arrival
            var answers = await pipeline.answers(to: requests, wall: wall, clock: clock(first))[...]
            if isOwn { own = answers.removeFirst() }
            for (waiting, answer) in zip(part, answers) {
                waiting.continuation.resume(returning: .answered(answer))
            }
        }
        guard let own else { preconditionFailure("the own request is in one of the parts") }
        return own
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
