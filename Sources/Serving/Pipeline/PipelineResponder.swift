import Core
import Hummingbird
import NIOCore
import Pipeline

/// Answers requests by the pipeline.
final class PipelineResponder: Sendable {
    private let pipelines: ServedPipelines
    private let limits: ServingConfiguration.Limits
    private let metrics: PipelineMetrics

    init(pipelines: ServedPipelines, limits: ServingConfiguration.Limits, metrics: PipelineMetrics) {
        self.pipelines = pipelines
        self.limits = limits
        self.metrics = metrics
    }

    /// `POST /v1/recommendations` for one user.
    ///
    /// - Throws: a ``Problem``.
    func recommend(_ query: PipelineQuery) async throws -> Response {
        var request = try query.request(limits: limits)
        guard let served = pipelines.current else {
            throw Problem(
                .serviceUnavailable, "no-pipeline",
                pipelines.failure.map { "the published bundle cannot be loaded: \($0)" }
                    ?? "no bundle of a pipeline has been loaded yet",
                hint: "publish one: martlet publish", retryAfter: 5)
        }
        do {
            try served.pipeline.check(request)
        } catch {
            throw Problem(.badRequest, "unknown-column", error.message, hint: error.hint)
        }
        request.k = min(request.k ?? served.pipeline.configuration.k, limits.items)
        let answer = await served.batcher.answer(request, wall: Int64(UniversalTime.now().seconds))
        metrics.record(answer)
        var buffer = ByteBuffer()
        PipelineAnswerText(answer: answer, served: served).write(to: &buffer)
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }
}
