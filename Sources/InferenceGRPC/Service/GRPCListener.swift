import Core
import GRPCCore
import GRPCNIOTransportCore
import GRPCNIOTransportHTTP2Posix
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Serving

/// Listens for gRPC until the server stops; calls that are under way are finished then.
struct GRPCListener: Service {
    let host: FrontEndHost
    let address: NIOCore.SocketAddress
    let port: Int
    let loops: MultiThreadedEventLoopGroup
    let onListening: @Sendable (Int) -> Void

    func run() async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: own, transportSecurity: security, config: configuration, eventLoopGroup: loops)
        let server = GRPCServer(transport: transport, services: [InferenceCalls(host)])
        do {
            try await withGracefulShutdownHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await server.serve() }
                    group.addTask {
                        let bound = try await transport.listeningAddress
                        let port = bound.ipv4?.port ?? bound.ipv6?.port ?? 0
                        host.logger.info(
                            "the server listens for gRPC", metadata: ["port": .stringConvertible(port)])
                        onListening(port)
                    }
                    try await group.waitForAll()
                }
            } onGracefulShutdown: {
                server.beginGracefulShutdown()
            }
        } catch {
            throw explained(error)
        }
    }

    private var own: GRPCNIOTransportCore.SocketAddress {
        let name = address.ipAddress ?? "127.0.0.1"
        return name.contains(":") ? .ipv6(host: name, port: port) : .ipv4(host: name, port: port)
    }

    private var security: HTTP2ServerTransport.Posix.TransportSecurity {
        guard let files = host.configuration.certificate else { return .plaintext }
        return .tls(
            certificateChain: [.file(path: files.chain, format: .pem)],
            privateKey: .file(path: files.key, format: .pem))
    }

    private var configuration: HTTP2ServerTransport.Posix.Config {
        .defaults {
            $0.rpc.maxRequestPayloadSize = host.configuration.limits.bodyBytes
            $0.http2.maxConcurrentStreams = host.configuration.limits.concurrency
            // An answer is one write: to wait for others makes it late.
            $0.connection.flushCoalescing = nil
            // Triton's clients may ping as often as they like.
            $0.connection.keepalive.clientBehavior.allowWithoutCalls = true
            $0.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(10)
        }
    }

    /// An error of the library in the house's terms.
    private func explained(_ error: any Error) -> any Error {
        var cause: (any Error)? = error
        while let runtime = cause as? RuntimeError { cause = runtime.cause }
        guard let failure = cause as? IOError else { return error }
        return systemError("cannot listen for gRPC on \(host.configuration.host):\(port)", number: failure.errnoCode)
    }
}
