import Core
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Serving
import Stores
import Synchronization

/// A server on a free loopback port, and the log lines it wrote.
struct RunningServer: Sendable {
    let address: RecommendationService.Address
    let lines: LogLines
    let group: ServiceGroup
    let activity: LiveActivity?
    var tls: TLSConfiguration?

    /// Asks the server over a connection of its own.
    func execute(
        _ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:], body: String? = nil
    ) async throws -> Answer {
        try await TestClient.withClient(
            host: address.host, port: address.port, configuration: .init(tlsConfiguration: tls, serverName: "localhost")
        ) { client in
            try await Answer(
                client.execute(.init(path, method: method, headers: headers, body: body.map(ByteBuffer.init(string:)))))
        }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var text: String

        init(_ response: TestClient.Response) {
            status = response.status.code
            headers = response.headers
            text = response.body.map { String(buffer: $0) } ?? ""
        }

        /// The body as JSON; null if it is none.
        var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }

        /// The ids of the items.
        var items: [String] { json["items"]?.array?.compactMap { $0["item"]?.string } ?? [] }
    }
}

/// Log lines of a server under test.
final class LogLines: Sendable {
    private let held = Mutex<[String]>([])

    var all: [String] { held.withLock { $0 } }
    var sink: LogSink { LogSink { line in self.held.withLock { $0.append(line) } } }
}

/// Runs a server over `store` while `body` asks it, then stops it gracefully.
func withServer(
    _ store: any KeyValueStore, features: FeatureStore? = nil, pipeline: PipelineOptions? = nil,
    frontEnds: [any FrontEnd] = [], environment: [String: String] = [:],
    tls: TLSConfiguration? = nil,
    configure: (inout ServingConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (RunningServer) async throws -> Void
) async throws {
    var configuration = ServingConfiguration()
    configuration.port = 0
    configuration.threads = 2
    configure(&configuration)
    let lines = LogLines()
    let (addresses, ready) = AsyncStream<RecommendationService.Address>.makeStream()
    let service = try RecommendationService(
        configuration: configuration, reader: Lists.reader(store), features: features, pipeline: pipeline,
        frontEnds: frontEnds, environment: environment, logSink: lines.sink
    ) { ready.yield($0) }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let group = ServiceGroup(services: [Unsignalled(service: service)], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { ready.finish() }
            try await group.run()
        }
        var iterator = addresses.makeAsyncIterator()
        if let address = await iterator.next() {
            do {
                try await body(
                    RunningServer(
                        address: address, lines: lines, group: group, activity: service.activity, tls: tls))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// The service without its signal handlers, which belong to the process.
private struct Unsignalled: Service {
    let service: RecommendationService

    func run() async throws { try await service.run(signals: []) }
}
