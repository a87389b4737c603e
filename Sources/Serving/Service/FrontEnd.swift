import Core
import HTTPTypes
import Logging
import NIOPosix
import ServiceLifecycle

/// A protocol by which the server answers beside HTTP. It listens on the same host and stops with the server.
public protocol FrontEnd: Sendable {
    /// Makes the service that listens.
    ///
    /// - Parameters:
    ///   - host: what answers.
    ///   - loops: the threads that read and write sockets.
    ///   - onListening: called with the port once it listens.
    /// - Throws: `invalidConfiguration` if it cannot listen as configured.
    func service(
        _ host: FrontEndHost, on loops: MultiThreadedEventLoopGroup, onListening: @escaping @Sendable (Int) -> Void
    ) throws -> any Service
}

/// What a ``FrontEnd`` answers from, and the server's rules for whom it answers.
public struct FrontEndHost: Sendable {
    /// How the server is configured.
    public let configuration: ServingConfiguration
    /// The models.
    package let repository: InferenceRepository
    /// Where it says what happens.
    package let logger: Logger
    private let keys: APIKeys
    private let metrics: ServingMetrics

    init(
        configuration: ServingConfiguration, repository: InferenceRepository, keys: APIKeys, metrics: ServingMetrics,
        logger: Logger
    ) {
        self.configuration = configuration
        self.repository = repository
        self.keys = keys
        self.metrics = metrics
        self.logger = logger
    }

    /// Answers a call of a caller who shows a key, as long as not too many others are being answered; counts it and
    /// logs it as requests over HTTP are.
    ///
    /// - Parameters:
    ///   - name: the call.
    ///   - headers: what the caller sent beside the message: `authorization`, `x-api-key`, `traceparent`,
    ///     `x-request-id`.
    ///   - isOpen: whether it is answered without a key.
    ///   - answered: told what goes back with the answer: `x-request-id` and `traceresponse`.
    /// - Throws: an ``InferenceFault``.
    package func answer<Answer>(
        _ name: String, headers: (String) -> String?, isOpen: Bool, answered: ([(name: String, value: String)]) -> Void,
        _ work: () async throws -> Answer
    ) async throws(InferenceFault) -> Answer {
        let start = ContinuousClock.now
        let inFlight = metrics.enter()
        defer { metrics.leave() }
        var fields = HTTPFields()
        for name in [HTTPField.Name.authorization, .apiKey, .traceParent, .requestID] {
            fields[name] = headers(name.canonicalName)
        }
        let identity = RequestIdentity(fields)
        answered([
            (HTTPField.Name.requestID.canonicalName, identity.id),
            (HTTPField.Name.traceResponse.canonicalName, identity.trace.header),
        ])
        var fault: InferenceFault?
        defer {
            let nanoseconds = (ContinuousClock.now - start).nanoseconds
            metrics.calls.record(name, fault?.kind, nanoseconds: nanoseconds)
            log(name, identity, fault, nanoseconds: nanoseconds)
        }
        do {
            if !isOpen { try admit(fields, inFlight) }
            return try await work()
        } catch {
            let found = error as? InferenceFault ?? InferenceFault(.failed, "\(error)")
            fault = found
            throw found
        }
    }

    private func admit(_ fields: HTTPFields, _ inFlight: Int) throws(InferenceFault) {
        do {
            try keys.check(fields)
        } catch {
            throw error.fault
        }
        guard inFlight <= configuration.limits.concurrency else {
            metrics.countRejection()
            throw InferenceFault(
                .unavailable, "the server is answering \(configuration.limits.concurrency) requests already",
                hint: "try again in a moment, or raise serve.limits.concurrency")
        }
    }

    private func log(_ name: String, _ identity: RequestIdentity, _ fault: InferenceFault?, nanoseconds: Int) {
        let share = configuration.log.requests
        let isOurs = fault?.kind == .failed
        guard isOurs || (share > 0 && (share >= 1 || Double.random(in: 0..<1) < share)) else { return }
        var metadata = identity.metadata
        metadata["method"] = "gRPC"
        metadata["route"] = .string(name)
        metadata["status"] = .string(fault?.kind.name ?? "ok")
        metadata["milliseconds"] = .stringConvertible(Double(nanoseconds / 1000) / 1000)
        if isOurs, let fault { metadata["error"] = .string(fault.message) }
        logger.log(level: isOurs ? .error : .info, "request", metadata: metadata)
    }
}
