import Core
import Hummingbird
import NIOCore
import Pipeline
import Stores

/// Answers requests by the pipeline.
final class PipelineResponder: Sendable {
    private let pipelines: ServedPipelines
    private let limits: ServingConfiguration.Limits
    private let metrics: PipelineMetrics
    /// Takes note of answers once they are made.
    let recorder: AnswerRecorder

    /// - Parameter log: where answers are logged; nil: nowhere.
    init(
        pipelines: ServedPipelines, limits: ServingConfiguration.Limits, metrics: PipelineMetrics,
        log: AnswerLog? = nil
    ) {
        recorder = AnswerRecorder(log: log, metrics: pipelines.experiments)
        self.pipelines = pipelines
        self.limits = limits
        self.metrics = metrics
    }

    /// `POST /v1/recommendations` for one user.
    ///
    /// - Parameter requestID: the request's id, which the log of answers holds and the answer repeats.
    /// - Returns: nil if no bundle could be loaded yet: then the lists must answer.
    /// - Throws: a ``Problem``.
    func recommend(_ query: PipelineQuery, requestID: String) async throws -> Response? {
        var request = try query.request(limits: limits)
        guard let served = pipelines.current else { return nil }
        do {
            try served.pipeline.check(request)
        } catch {
            throw Problem(.badRequest, "unknown-column", error.message, hint: error.hint)
        }
        request.k = min(request.k ?? served.variants.length(for: request.user), limits.items)
        let now = UniversalTime.now()
        let found = await served.variants.answer(request, wall: Int64(now.seconds))
        metrics.record(found.answer)
        served.drift?.record(found.answer)
        var buffer = ByteBuffer()
        PipelineAnswerText(
            answer: found.answer, served: served, requestID: recorder.log == nil ? nil : requestID
        ).write(to: &buffer)
        recorder.record(
            found, to: request, isSpecial: query.seed != nil || query.filters != nil, requestID: requestID,
            now: Int64(now.seconds) * 1_000_000 + Int64(now.nanoseconds) / 1000)
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }
}
