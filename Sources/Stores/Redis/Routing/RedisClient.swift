import Core
import Synchronization

/// Sends commands to the servers that hold their keys, and goes on when a server dies or slots move.
final class RedisClient: Sendable {
    private struct State {
        /// Without a server until one has answered.
        var topology = RedisTopology()
        var isCluster: Bool
        var nodes: [RedisEndpoint: RedisNode] = [:]
        var refresh: Task<Void, any Error>?
    }

    let configuration: RedisConfiguration
    private let state: Mutex<State>

    private init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
        state = Mutex(State(isCluster: configuration.cluster ?? false))
    }

    /// Connects to the first endpoint that answers.
    ///
    /// - Parameter mayBeAway: whether the client is made all the same where none answers: what it is asked fails until one
    ///   does.
    /// - Throws: `unavailable` if none does, `unauthorized`.
    static func connect(_ configuration: RedisConfiguration, mayBeAway: Bool = false) async throws -> RedisClient {
        precondition(!configuration.endpoints.isEmpty, "a Redis store has an endpoint")
        let client = RedisClient(configuration)
        do {
            try await client.settle()
        } catch let error as MartletError where error.code == .unavailable && mayBeAway {
        } catch {
            client.close()
            throw error
        }
        return client
    }

    /// Whether the server is one of a cluster.
    var isCluster: Bool { state.withLock { $0.isCluster } }

    /// Finds a server that answers, and out whether it is one of a cluster, unless that is known.
    ///
    /// - Throws: `unavailable` if none answers, `unauthorized`.
    func settle() async throws {
        guard topology.primaries.isEmpty else { return }
        var failure: (any Error)?
        for endpoint in configuration.endpoints {
            do {
                let mode = try await node(endpoint).connection().mode
                let isCluster = configuration.cluster ?? (mode == "cluster")
                state.withLock { state in
                    state.isCluster = isCluster
                    if !isCluster { state.topology = RedisTopology(single: endpoint) }
                }
                if isCluster { try await refreshTopology() }
                return
            } catch let error as MartletError where error.code == .unauthorized {
                throw error
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? MartletError(.unavailable, "no Redis server answers")
    }

    func close() {
        let nodes = state.withLock { state in
            defer { state.nodes = [:] }
            return Array(state.nodes.values)
        }
        for node in nodes { node.close() }
    }

    // MARK: - Where things are

    var topology: RedisTopology { state.withLock { $0.topology } }

    /// The servers that take writes.
    var primaries: [RedisNode] { topology.primaries.map { node($0.endpoint) } }

    func node(_ endpoint: RedisEndpoint) -> RedisNode {
        state.withLock { state in
            if let node = state.nodes[endpoint] { return node }
            let node = RedisNode(endpoint, configuration)
            state.nodes[endpoint] = node
            return node
        }
    }

    func primary(of slot: Int) -> RedisTopology.Primary? { state.withLock { $0.topology.primary(of: slot) } }

    func move(slot: Int, to endpoint: RedisEndpoint) {
        state.withLock { $0.topology.move(slot: slot, to: endpoint) }
    }

    func forgetReplicas(of endpoint: RedisEndpoint) {
        state.withLock { $0.topology.forgetReplicas(of: endpoint) }
    }

    /// Asks the cluster anew; callers at the same time share one question.
    func refreshTopology() async throws {
        let task = state.withLock { state in
            if let running = state.refresh { return running }
            let task = Task {
                defer { self.state.withLock { $0.refresh = nil } }
                try await self.askForTopology()
            }
            state.refresh = task
            return task
        }
        try await task.value
    }

    private func askForTopology() async throws {
        var failure: (any Error)?
        let known = topology.primaries.map(\.endpoint).shuffled()
        for endpoint in known + configuration.endpoints.filter({ !known.contains($0) }) {
            do {
                let answer = try await node(endpoint).send(RedisCommands("CLUSTER", "SLOTS"))[0]
                let topology = try RedisTopology(parsing: answer, asked: endpoint)
                guard !topology.primaries.isEmpty else { continue }
                state.withLock { $0.topology = topology }
                return
            } catch let error as MartletError where error.code == .unauthorized {
                throw error
            } catch {
                failure = failure ?? error
            }
        }
        throw failure
            ?? MartletError(
                .unavailable, "the Redis cluster has no slots",
                hint: "create it: redis-cli --cluster create HOST:PORT …")
    }
}
