import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Takes a request from its head to the last byte of its answer: names it, answers it, counts it, logs it.
final class RequestHandler: Sendable {
    let responder: ServingResponder
    let metrics: ServingMetrics
    let logger: Logger
    /// The share of requests that get a line in the log.
    let loggedShare: Double
    private let date = DateHeader()

    init(responder: ServingResponder, metrics: ServingMetrics, logger: Logger, loggedShare: Double) {
        self.responder = responder
        self.metrics = metrics
        self.logger = logger
        self.loggedShare = loggedShare
    }

    /// Answers one request.
    ///
    /// - Throws: what writing to the connection throws, and whatever must close it.
    func handle(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        let started = NIODeadline.now()
        let inFlight = metrics.enter()
        defer { metrics.leave() }
        let target = Target(request.head.path ?? "/")
        let identity = RequestIdentity(request.headers)
        var closes = false
        var failure: (any Error)?
        var response: Response
        do {
            response = try await responder.respond(
                to: request, target: target, requestID: identity.id, inFlight: inFlight,
                logger: { requestLogger(identity) })
        } catch let problem as Problem {
            response = Self.response(problem, target, identity)
            closes = problem.closesConnection
        } catch {
            if Self.isBrokenConnection(error) { throw error }
            failure = error
            let problem = Problem(
                .internalServerError, "internal", "the server failed to answer",
                hint: "the server's log tells more under this request id")
            response = Self.response(problem, target, identity)
        }
        response.headers[.date] = date.text
        response.headers[.requestID] = identity.id
        response.headers[.traceResponse] = identity.trace.header
        let status = response.status.code
        let isHead = request.method == .head
        defer {
            let nanoseconds = Int((NIODeadline.now() - started).nanoseconds)
            metrics.requests.record(target.route, status: status, nanoseconds: nanoseconds)
            log(request, target, identity, status: status, nanoseconds: nanoseconds, failure: failure)
        }
        // The head of a HEAD request's answer tells the length of the body that is not sent.
        try await writer.write(response: response.head, body: isHead ? ResponseBody() : response.body)
        if closes { throw ConnectionEnd() }
    }

    private static func response(_ problem: Problem, _ target: Target, _ identity: RequestIdentity) -> Response {
        target.route.isInference
            ? problem.inferenceResponse(requestID: identity.id) : problem.response(requestID: identity.id)
    }

    private func requestLogger(_ identity: RequestIdentity) -> Logger {
        var logger = logger
        for (key, value) in identity.metadata { logger[metadataKey: key] = value }
        return logger
    }

    private func log(
        _ request: Request, _ target: Target, _ identity: RequestIdentity, status: Int, nanoseconds: Int,
        failure: (any Error)?
    ) {
        let isSampled = loggedShare > 0 && (loggedShare >= 1 || Double.random(in: 0..<1) < loggedShare)
        guard isSampled || failure != nil else { return }
        var metadata = identity.metadata
        metadata["method"] = .string(request.method.rawValue)
        metadata["path"] = .string(request.head.path ?? "")
        metadata["route"] = .string(target.route.template)
        metadata["status"] = .stringConvertible(status)
        metadata["milliseconds"] = .stringConvertible(Double(nanoseconds / 1000) / 1000)
        if let failure { metadata["error"] = .string("\(failure)") }
        logger.log(level: failure == nil ? .info : .error, "request", metadata: metadata)
    }

    /// Whether an error says that the client went away or spoke no HTTP: then there is nobody to answer.
    private static func isBrokenConnection(_ error: any Error) -> Bool {
        error is IOError || error is ChannelError || error is CancellationError
            || String(describing: type(of: error)) == "HTTPParserError"
    }
}

/// Ends a connection whose request was not read to its end.
struct ConnectionEnd: Error {}
