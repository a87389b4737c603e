import Core
import Synchronization

/// One server and the connections to it.
///
/// Connections are made when first needed and made anew when they broke; after a failure the server is left alone for a
/// while (``Backoff``), and requests fail at once meanwhile.
final class RedisNode: Sendable {
    private enum Connection {
        case none
        case connecting(Task<RedisConnection, any Error>)
        case ready(RedisConnection)
    }

    private struct State {
        var connections: [Connection]
        var next = 0
        var failures = 0
        var error: MartletError?
        var blockedUntil: ContinuousClock.Instant?
        var downSince: ContinuousClock.Instant?
    }

    /// A page waits for who comes back: it is looked for twice a second at least.
    private static let backoff = {
        var backoff = Backoff()
        backoff.limit = 0.5
        return backoff
    }()

    let endpoint: RedisEndpoint
    private let configuration: RedisConfiguration
    private let state: Mutex<State>

    init(_ endpoint: RedisEndpoint, _ configuration: RedisConfiguration) {
        self.endpoint = endpoint
        self.configuration = configuration
        state = Mutex(State(connections: Array(repeating: .none, count: configuration.connections)))
    }

    /// How long the server has been unreachable; nil if it is not.
    var downTime: Duration? { state.withLock { $0.downSince.map { ContinuousClock.now - $0 } } }

    /// Sends commands on the next connection.
    ///
    /// - Throws: `unavailable`, `unauthorized`.
    func send(_ commands: RedisCommands) async throws -> [RESPValue] {
        try await connection().send(commands)
    }

    /// The next connection in turn, made if need be.
    func connection() async throws -> RedisConnection {
        enum Choice {
            case ready(RedisConnection)
            case wait(Task<RedisConnection, any Error>)
            case blocked(MartletError)
        }
        let choice: Choice = state.withLock { state in
            let place = state.next
            state.next = (place + 1) % state.connections.count
            switch state.connections[place] {
            case .ready(let connection) where connection.isActive: return .ready(connection)
            case .connecting(let task): return .wait(task)
            case .none, .ready: break
            }
            if let until = state.blockedUntil, until > .now, let error = state.error { return .blocked(error) }
            let task = Task { try await connect(place) }
            state.connections[place] = .connecting(task)
            return .wait(task)
        }
        switch choice {
        case .ready(let connection): return connection
        case .wait(let task): return try await task.value
        case .blocked(let error): throw error
        }
    }

    private func connect(_ place: Int) async throws -> RedisConnection {
        do {
            let connection = try await RedisConnection.open(endpoint, configuration)
            state.withLock { state in
                state.connections[place] = .ready(connection)
                state.failures = 0
                state.error = nil
                state.blockedUntil = nil
                state.downSince = nil
            }
            return connection
        } catch {
            state.withLock { state in
                state.connections[place] = .none
                state.failures += 1
                state.error =
                    error as? MartletError
                    ?? MartletError(.unavailable, "no connection to redis at \(endpoint)", underlying: error)
                state.blockedUntil = .now + .seconds(Self.backoff.seconds(after: state.failures))
                state.downSince = state.downSince ?? .now
            }
            throw error
        }
    }

    func close() {
        let connections = state.withLock { state in
            defer { state.connections = state.connections.map { _ in .none } }
            return state.connections
        }
        for case .ready(let connection) in connections { connection.close() }
    }
}
