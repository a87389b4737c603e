import Core
import NIOCore
import NIOPosix
import ServiceLifecycle
import Serving

/// Offers the models of the version that is live by gRPC, as Triton does: `inference.GRPCInferenceService`.
///
/// ```swift
/// var configuration = ServingConfiguration()
/// configuration.grpc = .init()
/// let service = try RecommendationService(configuration: configuration, reader: reader, frontEnds: [GRPCFrontEnd()])
/// ```
public struct GRPCFrontEnd: FrontEnd {
    /// Makes the front end; the port and all else are the server's configuration.
    public init() {}

    /// Makes the service that listens on the server's host, encrypted where the server is.
    ///
    /// - Throws: `system` if the host is unknown.
    public func service(
        _ host: FrontEndHost, on loops: MultiThreadedEventLoopGroup, onListening: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        let (name, port) = (host.configuration.host, host.configuration.grpc?.port ?? 0)
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(name, port: port)
        } catch {
            throw MartletError(
                .system, "the host \(name) is unknown", hint: "name an address of this machine under serve.host",
                underlying: error)
        }
        return GRPCListener(host: host, address: address, port: port, loops: loops, onListening: onListening)
    }
}
