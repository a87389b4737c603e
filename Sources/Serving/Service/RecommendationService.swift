import Core
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Stores
import UnixSignals

/// The server of published lists.
///
/// ```swift
/// let service = try RecommendationService(configuration: configuration, reader: reader)
/// try await service.run()   // until SIGTERM or SIGINT
/// ```
public struct RecommendationService: Service {
    /// Where a started server listens.
    public struct Address: Sendable {
        /// The host as configured.
        public var host: String
        /// The port, also where the configuration left the choice to the system.
        public var port: Int
        /// Whether connections are encrypted.
        public var isEncrypted: Bool
        /// The port for gRPC; nil if the server does not listen for it.
        public var grpcPort: Int?

        /// `https://127.0.0.1:8443`
        public var url: String {
            "\(isEncrypted ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }

        /// One line of JSON that programs wait for: `{"event":"ready","host":…,"port":…,"url":…}`, and `"grpc_port"`.
        public var readyLine: String {
            var members: [String: JSONValue] = [
                "event": "ready", "host": .string(host), "port": .integer(Int64(port)), "url": .string(url),
            ]
            members["grpc_port"] = grpcPort.map { .integer(Int64($0)) }
            return JSONValue.object(members).description
        }
    }

    /// What users did lately, as far as events told; nil if the server takes none.
    public var activity: LiveActivity? { intake?.activity }

    private let configuration: ServingConfiguration
    private let versions: ServedVersions
    private let pipelines: ServedPipelines?
    private let intake: EventIntake?
    private let answers: AnswerLog?
    private let state = ServerState()
    private let handler: RequestHandler
    private let frontEnds: [any FrontEnd]
    private let host: FrontEndHost
    private let tls: TLSConfiguration?
    private let logger: Logger
    private let onReady: @Sendable (Address) -> Void

    /// Checks everything that can be checked before listening, keys and certificates, and reads the event log.
    ///
    /// - Parameters:
    ///   - configuration: how to serve.
    ///   - reader: the lists; the service runs it.
    ///   - features: the project's feature store, if it has one.
    ///   - pipeline: what answers requests for one user beside the lists; nil: nothing does.
    ///   - frontEnds: what answers beside HTTP, such as gRPC.
    ///   - site: pages beside the recommendations; nil: none.
    ///   - environment: where API keys are looked up.
    ///   - logSink: where log lines go.
    ///   - onReady: called once the server listens; by default nothing is said.
    /// - Throws: `invalidConfiguration` if a key variable holds no key or a certificate cannot be read; `busy` if
    ///   another process has the event log, `system` if its folder cannot be used.
    public init(
        configuration: ServingConfiguration, reader: ListReader, features: FeatureStore? = nil,
        pipeline: PipelineOptions? = nil, frontEnds: [any FrontEnd] = [], site: MountedSite? = nil,
        environment: [String: String] = ProcessEnvironment.variables, logSink: LogSink = .standardError,
        onReady: @escaping @Sendable (Address) -> Void = { _ in }
    ) throws {
        let logger = Logger(label: "martlet.serve") { label in
            JSONLogHandler(
                label: label, level: Logger.Level(rawValue: configuration.log.level) ?? .info, sink: logSink)
        }
        let metrics = ServingMetrics()
        let versions = ServedVersions(reader: reader, logger: logger)
        self.versions = versions
        let keys = try APIKeys(variables: configuration.keyVariables, environment: environment)
        let intake = try configuration.events.map { try EventIntake($0, metrics: metrics.events, logger: logger) }
        self.intake = intake
        let answers = try pipeline.flatMap { _ in try configuration.impressions.map { try AnswerLog($0.log) } }
        self.answers = answers
        pipelines = pipeline.map { options in
            var options = options
            if let intake { options.activity = intake.activity }
            return ServedPipelines(options: options, versions: versions, logger: logger)
        }
        let repository = InferenceRepository(
            pipelines: pipelines, configuration: configuration, state: state,
            events: EventResponder(intake: intake, metrics: metrics.events), logger: logger)
        host = FrontEndHost(
            configuration: configuration, repository: repository, keys: keys, metrics: metrics, logger: logger)
        self.frontEnds = frontEnds
        let responder = ServingResponder(
            configuration: configuration, keys: keys, versions: versions, state: state, metrics: metrics,
            repository: repository, features: features, pipelines: pipelines, intake: intake, answers: answers,
            site: site)
        handler = RequestHandler(
            responder: responder, metrics: metrics, logger: logger, loggedShare: configuration.log.requests)
        tls = try configuration.certificate.map(Self.tls)
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until the process is asked to stop (SIGTERM, SIGINT) or the surrounding service group shuts down.
    ///
    /// On the signal `/readyz` says 503, the drain time passes, listening ends, requests in flight are finished, and
    /// the call returns.
    ///
    /// - Throws: `system` if the address cannot be bound.
    public func run() async throws { try await run(signals: [.sigterm, .sigint]) }

    /// Serves until one of `signals` comes or the surrounding task is cancelled; both end gracefully.
    ///
    /// - Throws: `system` if the address cannot be bound.
    package func run(signals: [UnixSignal]) async throws {
        do {
            try await versions.refresh()
        } catch {
            logger.warning(
                versions.current == nil
                    ? "no version could be loaded yet; the server answers 503 until it can"
                    : "the store does not answer; a copy of the last version stands in until it does", error: error)
        }
        await intake?.start()
        await pipelines?.refresh()
        // The process's own threads outlive the server: a connection that is given back late finds them running.
        let own = configuration.threads.map { MultiThreadedEventLoopGroup(numberOfThreads: $0) }
        let loops = own ?? MultiThreadedEventLoopGroup.singleton
        do {
            // They end in reverse order: first the drain, then the listener, the lists last.
            var services: [any Service] = [versions]
            if let pipelines { services.append(pipelines) }
            let arrivals = Arrivals(frontEnds: frontEnds.count, onReady)
            services.append(try listener(on: loops, arrivals))
            for frontEnd in frontEnds {
                services.append(try frontEnd.service(host, on: loops) { arrivals.frontEnd(port: $0) })
            }
            services.append(DrainService(state: state, seconds: configuration.timeouts.drain))
            var group = ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: signals, logger: quietLogger)
            group.maximumGracefulShutdownDuration = .seconds(
                configuration.timeouts.drain + configuration.timeouts.shutdown)
            try await Self.run(ServiceGroup(configuration: group))
        } catch {
            await intake?.log.close()
            await answers?.close()
            try? await own?.shutdownGracefully()
            throw Self.explained(error, configuration)
        }
        await intake?.log.close()
        await handler.responder.settle()
        await answers?.close()
        try await own?.shutdownGracefully()
        logger.info("the server has stopped")
    }

    /// Runs the services; a cancelled task asks them to stop as a signal does, for what is cancelled outright drops the
    /// requests in flight and calls that an error.
    private static func run(_ group: ServiceGroup) async throws {
        let work = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func listener(on loops: MultiThreadedEventLoopGroup, _ arrivals: Arrivals) throws -> any Service {
        let idle = TimeAmount.milliseconds(Int64(configuration.timeouts.idle * 1000))
        let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: idle))
        let builder = try tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0) } ?? plain
        let (host, handler, logger) = (configuration.host, handler, logger)
        let isEncrypted = tls != nil
        return try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(host, port: configuration.port), backlog: 1024),
            eventLoopGroup: loops, logger: quietLogger,
            responder: { request, writer, _ in try await handler.handle(request, writer) },
            onServerRunning: { channel in
                let address = Address(host: host, port: channel.localAddress?.port ?? 0, isEncrypted: isEncrypted)
                logger.info("the server listens", metadata: ["url": .string(address.url)])
                arrivals.http(address)
            })
    }

    /// What the libraries below us say is for debugging, save their errors.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        return quiet
    }

    private static func tls(_ files: ServingConfiguration.Certificate) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.chain).map(NIOSSLCertificateSource.certificate)
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
            tls.minimumTLSVersion = .tlsv12
            tls.applicationProtocols = ["http/1.1"]
            _ = try NIOSSLContext(configuration: tls)
            return tls
        } catch {
            throw MartletError(
                .invalidConfiguration, "the certificate \(files.chain) and key \(files.key) cannot be used",
                hint: "both must be PEM files, and the key must belong to the first certificate", underlying: error)
        }
    }

    private static func explained(_ error: any Error, _ configuration: ServingConfiguration) -> any Error {
        guard let error = error as? IOError else { return error }
        return systemError("cannot listen on \(configuration.host):\(configuration.port)", number: error.errnoCode)
    }
}
