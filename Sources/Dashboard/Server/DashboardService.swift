import Core
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// A server of one dashboard and nothing else: `martlet ui`.
public struct DashboardService: Service {
    private let dashboard: Dashboard
    private let host: String
    private let port: Int
    private let onReady: @Sendable (_ url: String) -> Void

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - dashboard: what it serves.
    ///   - host: the address to listen on.
    ///   - port: the port; 0 takes a free one.
    ///   - onReady: called with the address once the server listens.
    public init(
        _ dashboard: Dashboard, host: String, port: Int, onReady: @escaping @Sendable (_ url: String) -> Void
    ) {
        self.dashboard = dashboard
        self.host = host
        self.port = port
        self.onReady = onReady
    }

    /// Serves until SIGTERM, SIGINT, or the surrounding task is cancelled.
    ///
    /// - Throws: `system` if the address cannot be bound.
    public func run() async throws {
        var logger = Logger(label: "martlet.ui")
        logger.logLevel = .critical
        let (dashboard, host, onReady) = (dashboard, host, onReady)
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
            responder: { request, writer, _ in
                let response = try await dashboard.respond(to: request)
                try await writer.write(
                    response: response.head, body: request.method == .head ? ResponseBody() : response.body)
            },
            onServerRunning: { channel in
                let name = host.contains(":") ? "[\(host)]" : host
                onReady("http://\(name):\(channel.localAddress?.port ?? 0)")
            })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await withTaskCancellationHandler {
                try await group.run()
            } onCancel: {
                Task { await group.triggerGracefulShutdown() }
            }
        } catch let error as IOError {
            throw systemError("cannot listen on \(host):\(port)", number: error.errnoCode)
        }
    }
}
