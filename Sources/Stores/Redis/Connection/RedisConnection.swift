import Core
import NIOCore
import NIOPosix
import NIOSSL

/// One connection to one Redis server, greeted and logged in.
struct RedisConnection: Sendable {
    private let channel: any Channel
    /// What the server said of itself: `standalone` or `cluster`.
    let mode: String

    /// Whether the connection can still be used.
    var isActive: Bool { channel.isActive }

    /// Sends commands and waits for all their answers.
    ///
    /// - Throws: `unavailable` if the connection breaks or the time is up. Errors that the server answers with are
    ///   answers.
    func send(_ commands: RedisCommands) async throws -> [RESPValue] {
        let promise = channel.eventLoop.makePromise(of: [RESPValue].self)
        let request = RedisRequest(commands: commands, promise: promise)
        channel.write(request).whenFailure { promise.fail($0) }
        do {
            return try await promise.futureResult.get()
        } catch let error as MartletError {
            throw error
        } catch {
            throw MartletError(.unavailable, "the connection to the Redis server broke", underlying: error)
        }
    }

    func close() { channel.close(promise: nil) }
}

extension RedisConnection {
    /// Connects, encrypts, greets with `HELLO 3`, logs in and chooses the database. A server that knows no `HELLO` is
    /// spoken to in RESP2.
    ///
    /// - Parameter onPush: takes the messages that answer no command.
    /// - Throws: `unavailable` if nobody answers, `unauthorized` if the server refuses user or password,
    ///   `invalidConfiguration` if a TLS file cannot be read.
    static func open(
        _ endpoint: RedisEndpoint, _ configuration: RedisConfiguration,
        onPush: (@Sendable (RESPValue) -> Void)? = nil
    ) async throws -> RedisConnection {
        let tls = try configuration.tls.map { try $0.context() }
        let timeout = TimeAmount.nanoseconds(Int64(configuration.timeout * 1e9))
        let verify = configuration.tls?.verify ?? false
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            let handler =
                                verify
                                ? try NIOSSLClientHandler(context: tls, serverHostname: serverName(endpoint.host))
                                : try NIOSSLClientHandler(context: tls, serverHostname: nil)
                            try channel.pipeline.syncOperations.addHandler(handler)
                        }
                        try channel.pipeline.syncOperations.addHandler(
                            RedisChannelHandler(server: "redis at \(endpoint)", timeout: timeout, onPush: onPush))
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            throw MartletError(
                .unavailable, "no Redis server answers at \(endpoint)",
                hint:
                    "check that it is running and listens there: redis-cli -h \(endpoint.host) -p \(endpoint.port) ping",
                underlying: error)
        }
        do {
            let mode = try await greet(RedisConnection(channel: channel, mode: ""), endpoint, configuration)
            return RedisConnection(channel: channel, mode: mode)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// A name for SNI; addresses are no names.
    private static func serverName(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    private static func greet(
        _ connection: RedisConnection, _ endpoint: RedisEndpoint, _ configuration: RedisConfiguration
    ) async throws -> String {
        var hello = ["HELLO", "3"]
        if let password = configuration.password {
            hello += ["AUTH", configuration.username ?? "default", password.revealed]
        }
        var mode = "standalone"
        let greeting = try await connection.send(RedisCommands(hello.map { Array($0.utf8) }))[0]
        if case .error(let text) = greeting {
            let code = text.prefix { $0 != " " }
            guard code == "ERR" || code == "NOPROTO" else { throw RedisReply.explain(text, endpoint: endpoint) }
            mode = try await greetOldServer(connection, endpoint, configuration)
        } else {
            mode = greeting.member("mode")?.text ?? mode
        }
        if configuration.database != 0 {
            let answer = try await connection.send(RedisCommands("SELECT", "\(configuration.database)"))[0]
            if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: endpoint) }
        }
        return mode
    }

    /// Servers before Redis 6 know neither `HELLO` nor users.
    private static func greetOldServer(
        _ connection: RedisConnection, _ endpoint: RedisEndpoint, _ configuration: RedisConfiguration
    ) async throws -> String {
        if let password = configuration.password {
            let words = ["AUTH"] + (configuration.username.map { [$0] } ?? []) + [password.revealed]
            let answer = try await connection.send(RedisCommands(words.map { Array($0.utf8) }))[0]
            if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: endpoint) }
        }
        let info = try await connection.send(RedisCommands("INFO", "cluster"))[0]
        if case .error(let text) = info { throw RedisReply.explain(text, endpoint: endpoint) }
        return info.text?.contains("cluster_enabled:1") == true ? "cluster" : "standalone"
    }
}

extension RedisConfiguration.TLS {
    /// - Throws: `invalidConfiguration` if a file cannot be read.
    fileprivate func context() throws -> NIOSSLContext {
        do {
            var settings = TLSConfiguration.makeClientConfiguration()
            if let authorities { settings.trustRoots = .file(authorities) }
            if !verify { settings.certificateVerification = .none }
            if let certificate {
                settings.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            }
            if let privateKey {
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw MartletError(
                .invalidConfiguration, "the files for TLS to Redis cannot be read",
                hint: "tls.ca, tls.certificate and tls.key must be PEM files", underlying: error)
        }
    }
}
