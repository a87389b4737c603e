import FoundationEssentials
import Pipeline
import Stores
import Synchronization

/// What happens to an answer once it is on its way: shadows are computed beside, and all is logged. Nobody waits for it.
final class AnswerRecorder: Sendable {
    /// The log; nil if answers are not logged.
    let log: AnswerLog?
    private let metrics: ExperimentMetrics
    /// How many requests' shadows are computed at a time: what comes meanwhile goes without.
    private let room: Int
    private let running = Atomic<Int>(0)

    /// - Parameter room: how many requests' shadows are computed at a time.
    init(
        log: AnswerLog?, metrics: ExperimentMetrics,
        room: Int = max(1, ProcessInfo.processInfo.activeProcessorCount / 4)
    ) {
        self.log = log
        self.metrics = metrics
        self.room = room
    }

    /// Notes an answer. Returns at once.
    ///
    /// - Parameters:
    ///   - request: the request, its number of items and its seed decided.
    ///   - isSpecial: whether the request brought filters or the seed.
    ///   - requestID: the request's id.
    ///   - now: the moment, in microseconds since 1970.
    func record(
        _ found: VariantPipelines.Answer, to request: PipelineRequest, isSpecial: Bool, requestID: String, now: Int64
    ) {
        let answer = found.answer
        metrics.record(answer)
        guard !found.shadows.isEmpty else { return write(answer, request, [], isSpecial, requestID, now) }
        guard running.wrappingAdd(1, ordering: .relaxed).newValue <= room else {
            running.wrappingSubtract(1, ordering: .relaxed)
            for shadow in found.shadows { metrics.countSkipped(shadow.name) }
            return write(answer, request, [], isSpecial, requestID, now)
        }
        Task.detached(priority: .background) { [self] in
            var shadows: [ShadowAnswer] = []
            for shadow in found.shadows {
                let compared = await shadow.compare(request, with: answer, wall: now / 1_000_000)
                metrics.record(compared)
                shadows.append(compared)
            }
            write(answer, request, shadows, isSpecial, requestID, now)
            running.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// Waits for shadows that are still computed, so that a log which is closed then holds their answers.
    func settle() async {
        let running = { self.running.load(ordering: .relaxed) }
        // Aside, since the server's own task may be cancelled already, and would not wait.
        await Task.detached {
            let end = ContinuousClock.now + .seconds(5)
            while running() > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(5)) }
        }.value
    }

    private func write(
        _ answer: PipelineAnswer, _ request: PipelineRequest, _ shadows: [ShadowAnswer], _ isSpecial: Bool,
        _ requestID: String, _ now: Int64
    ) {
        guard let log else { return }
        var logged = LoggedAnswer(
            request: requestID, user: answer.user, time: now, version: answer.bundle.version,
            items: answer.items.map { item in
                LoggedAnswer.Item(
                    item: answer.bundle.id(item.index), score: item.score, propensity: item.propensity,
                    team: item.team.map { answer.teams[Int($0)] })
            })
        for name in answer.variants { logged.variants[name.experiment] = name.variant }
        logged.isSpecial = isSpecial
        logged.skipped =
            answer.stages.filter { $0.skipped != nil }.map(\.name) + (answer.fallback == nil ? [] : ["fallback"])
        logged.context = request.context
        logged.shadows = shadows.map { shadow in
            LoggedAnswer.Shadow(
                experiment: shadow.name.experiment,
                items: shadow.answer.items.map { shadow.answer.bundle.id($0.index) },
                propensities: shadow.propensities, seconds: shadow.seconds)
        }
        log.append(logged)
    }
}
