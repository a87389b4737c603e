import Core
import Hummingbird
import Logging
import NIOCore
import Stores

/// Finds what a request asks for, checks that it may, and answers.
///
/// The paths are few and fixed, so that a comparison of their beginnings takes the place of a router: it costs the
/// hottest route no allocation.
final class ServingResponder: Sendable {
    let configuration: ServingConfiguration
    let keys: APIKeys
    let versions: ServedVersions
    let state: ServerState
    let metrics: ServingMetrics
    let pipelines: ServedPipelines?
    private let pipeline: PipelineResponder?
    private let lists: ListResponder
    private let features: FeatureResponder?
    private let events: EventResponder
    private let inference: InferenceResponder
    private let site: MountedSite?
    private let document: ByteBuffer

    init(
        configuration: ServingConfiguration, keys: APIKeys, versions: ServedVersions, state: ServerState,
        metrics: ServingMetrics, repository: InferenceRepository, features: FeatureStore? = nil,
        pipelines: ServedPipelines? = nil, intake: EventIntake? = nil, answers: AnswerLog? = nil,
        site: MountedSite? = nil
    ) {
        self.site = site
        self.configuration = configuration
        self.keys = keys
        self.versions = versions
        self.state = state
        self.metrics = metrics
        self.pipelines = pipelines
        pipeline = pipelines.map {
            PipelineResponder(pipelines: $0, limits: configuration.limits, metrics: $0.metrics, log: answers)
        }
        lists = ListResponder(versions: versions, limits: configuration.limits, metrics: metrics)
        self.features = features.map { FeatureResponder(store: $0, limits: configuration.limits) }
        events = EventResponder(intake: intake, metrics: metrics.events)
        inference = InferenceResponder(repository)
        document = ByteBuffer(
            string: OpenAPIDocument.text(
                limits: configuration.limits, mostEvents: configuration.events?.batch ?? 1000,
                asksForKeys: keys.areRequired, openMetrics: configuration.openMetrics))
    }

    /// Waits for what goes on beside requests that were answered.
    func settle() async { await pipeline?.recorder.settle() }

    /// Answers one request.
    ///
    /// - Parameters:
    ///   - target: the request's target, taken apart.
    ///   - requestID: the request's id.
    ///   - inFlight: how many requests are being answered, with this one.
    ///   - logger: makes the request's logger; called only if there is something to say.
    /// - Throws: a ``Problem``, or what reading the body throws.
    func respond(
        to request: Request, target: Target, requestID: String, inFlight: Int, logger: () -> Logger
    ) async throws -> Response {
        if target.route == .site, let site { return try await site.respond(request) }
        let isGet = request.method == .get || request.method == .head
        let hasOwnRules = target.route == .unknown || target.route == .site || target.route.isInference
        guard hasOwnRules || (target.route.isPost ? request.method == .post : isGet) else {
            let methods = target.route.methods.joined(separator: ", ")
            throw Problem(
                .methodNotAllowed, "wrong-method", "\(target.route.template) does not answer to \(request.method)",
                hint: "use \(methods)", allow: methods)
        }
        switch target.route {
        case .recommendations:
            try admit(request, inFlight)
            return try await lists.recommendations(target, logger: logger)
        case .batch:
            try admit(request, inFlight)
            switch try RecommendationBody.read(try await body(of: request)) {
            case .lists(let fields): return try await lists.batch(fields, logger: logger)
            case .pipeline(let query):
                guard let pipeline else {
                    throw Problem(
                        .notFound, "no-pipeline", "this server answers from lists alone: the project has no pipeline",
                        hint: "add 'pipeline: {}' to martlet.yml and publish, or send {\"users\": [\"id\"]}")
                }
                guard let response = try await pipeline.recommend(query, requestID: requestID) else {
                    return try await lists.standIn(for: query, logger: logger)
                }
                events.countRecommendation(to: query.user)
                return response
            }
        case .similar:
            try admit(request, inFlight)
            return try await lists.similar(target, logger: logger)
        case .onlineFeatures:
            try admit(request, inFlight)
            return try await featureStore().onlineFeatures(try await body(of: request), logger: logger)
        case .push:
            try admit(request, inFlight)
            return try await featureStore().push(try await body(of: request), logger: logger)
        case .events:
            try admit(request, inFlight)
            let body = try await body(of: request, hint: "split the events over several requests")
            return try await events.post(body, logger: logger)
        case .inference, .inferenceServer:
            return try await inference.respond(
                to: request, target: target, admit: { try admit(request, inFlight) },
                body: { try await body(of: request, hint: "split the batch over several requests") })
        case .health: return json("{\"status\":\"alive\"}")
        case .readiness: return try readiness()
        case .metrics:
            if !configuration.openMetrics { try keys.check(request.headers) }
            let text =
                metrics.text(
                    version: versions.current, isReady: isReady, started: state.started, pipelines: pipelines,
                    answers: pipeline?.recorder.log?.status)
                + (features?.store.metricsText ?? "")
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        case .document:
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: document))
        case .site, .unknown:
            throw Problem(
                .notFound, "unknown-path", "there is nothing at this path",
                hint: "the paths are listed in /openapi.json")
        }
    }

    private func featureStore() throws(Problem) -> FeatureResponder {
        if let features { return features }
        throw Problem(
            .notFound, "no-feature-store", "the project has no feature store",
            hint: "add a section 'feature-store:' to martlet.yml")
    }

    private func admit(_ request: Request, _ inFlight: Int) throws(Problem) {
        try keys.check(request.headers)
        try checkConcurrency(inFlight)
    }

    private func checkConcurrency(_ inFlight: Int) throws(Problem) {
        guard inFlight > configuration.limits.concurrency else { return }
        metrics.countRejection()
        throw Problem(
            .serviceUnavailable, "too-many-requests-in-flight",
            "the server is answering \(configuration.limits.concurrency) requests already",
            hint: "try again in a moment, or raise serve.limits.concurrency", retryAfter: 1)
    }

    private var isReady: Bool { !state.isStopping && versions.current != nil }

    private func readiness() throws(Problem) -> Response {
        if state.isStopping {
            throw Problem(.serviceUnavailable, "stopping", "the server is stopping", retryAfter: 5)
        }
        guard let version = versions.current else {
            throw Problem(
                .serviceUnavailable, "nothing-published",
                versions.status.error.map { "no published version could be loaded: \($0.message)" }
                    ?? "no published version has been loaded yet",
                hint: versions.status.error?.hint, retryAfter: 5)
        }
        return json("{\"status\":\"ready\",\"version\":\(version.snapshot.version)}")
    }

    /// Reads a body to its end. While its bytes are waited for, the request is none of those that are being answered: slow
    /// clients take no one's place.
    private func body(
        of request: Request, hint: String = "split the users over several requests"
    ) async throws -> ByteBuffer {
        let collected: ByteBuffer
        do {
            metrics.leave()
            defer { _ = metrics.enter() }
            collected = try await collect(request, hint)
        }
        try checkConcurrency(metrics.inFlight)
        return collected
    }

    private func collect(_ request: Request, _ hint: String) async throws -> ByteBuffer {
        let limit = configuration.limits.bodyBytes
        func tooLarge(_ closes: Bool) -> Problem {
            Problem(
                .contentTooLarge, "body-too-large", "the body is larger than \(limit) bytes",
                hint: hint, closesConnection: closes)
        }
        var collected = ByteBuffer()
        var discarded = 0
        let end = NIODeadline.now() + .milliseconds(Int64(configuration.timeouts.body * 1000))
        defer { metrics.dropBody(collected.readableBytes) }
        for try await part in request.body {
            // A client that sends a byte now and then is never idle; it must not hold its place for ever.
            if NIODeadline.now() > end {
                throw Problem(
                    .requestTimeout, "slow-body", "the body did not come within \(configuration.timeouts.body) s",
                    hint: "send it again over a better connection", closesConnection: true)
            }
            if discarded == 0, collected.readableBytes + part.readableBytes <= limit {
                guard metrics.keepBody(part.readableBytes) <= max(Self.mostBodyBytes, limit) else {
                    metrics.dropBody(part.readableBytes)
                    metrics.countRejection()
                    throw Problem(
                        .serviceUnavailable, "too-many-bodies", "too many bodies are under way",
                        hint: "try again in a moment", retryAfter: 1, closesConnection: true)
                }
                collected.writeImmutableBuffer(part)
                continue
            }
            // A client that is still sending does not read: what it sends is thrown away up to a bound, so that it
            // gets to see the answer; who sends more than that loses the connection.
            discarded += part.readableBytes
            if discarded > 16 * limit { throw tooLarge(true) }
        }
        if discarded > 0 { throw tooLarge(false) }
        return collected
    }

    /// The most bytes of bodies that are under way at once, all together.
    private static let mostBodyBytes = 256 << 20

    private func json(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
