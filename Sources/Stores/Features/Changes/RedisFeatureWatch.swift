import Synchronization

/// Hears from a Redis server which entities change: a connection of its own, to which the server pushes the names of all
/// keys with a prefix that anybody writes, removes or lets expire (`CLIENT TRACKING … BCAST`, since Redis 6).
///
/// The server is asked for a sign of life every half second; where none comes within a second, nothing is heard until a
/// new connection stands. That second and a half is the most by which somebody who relies on it can be late.
final class RedisFeatureWatch: Sendable {
    /// What is told to whom.
    let changes = FeatureChanges(isHeard: false)
    private let endpoint: RedisEndpoint
    private let configuration: RedisConfiguration
    private let prefix: [UInt8]
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Begins to listen.
    init(_ endpoint: RedisEndpoint, _ configuration: RedisConfiguration, prefix: [UInt8]) {
        self.endpoint = endpoint
        self.prefix = prefix
        var configuration = configuration
        configuration.timeout = min(configuration.timeout, 1)
        self.configuration = configuration
        let task = Task { [weak self] in
            var failures = 0
            while !Task.isCancelled {
                guard let isSupported = await self?.listen() else { return }
                // A server that cannot push will not learn it soon.
                failures = isSupported ? 1 : failures + 1
                try? await Task.sleep(for: isSupported ? .seconds(Backoff().seconds(after: failures)) : .seconds(60))
            }
        }
        self.task.withLock { $0 = task }
    }

    deinit { task.withLock { $0?.cancel() } }

    /// Ends listening.
    func close() {
        task.withLock { $0?.cancel() }
        changes.reset(isHeard: false)
    }

    /// Listens until the connection ends.
    ///
    /// - Returns: whether the server can push.
    private func listen() async -> Bool {
        let changes = changes
        guard
            let connection = try? await RedisConnection.open(
                endpoint, configuration, onPush: { Self.take($0, changes) })
        else { return true }
        defer {
            changes.reset(isHeard: false)
            connection.close()
        }
        let words = ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX"].map { Array($0.utf8) } + [prefix]
        guard let answer = try? await connection.send(RedisCommands(words))[0] else { return true }
        if case .error = answer { return false }
        changes.reset(isHeard: true)
        while !Task.isCancelled, connection.isActive {
            guard let answer = try? await connection.send(RedisCommands("PING"))[0] else { break }
            if case .error = answer { break }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { break }
        }
        return true
    }

    /// Reads `>2 invalidate [key …]`; without keys, all of them.
    private static func take(_ message: RESPValue, _ changes: FeatureChanges) {
        guard case .push(let parts) = message, parts.count == 2, parts[0].text == "invalidate" else { return }
        guard case .array(let keys) = parts[1] else { return changes.reset(isHeard: true) }
        changes.tell(keys.compactMap(\.bytes))
    }
}
