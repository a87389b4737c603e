import Foundation

/// A Redis cluster on loopback: three primaries, with or without a replica each.
package final class RedisClusterServers: Sendable {
    /// Three primaries for all tests that do not break them.
    package static let shared = Task { try await RedisClusterServers(replicas: 0, nodeTimeout: 15_000) }

    package let servers: [RedisServer]

    /// Makes the cluster.
    ///
    /// - Parameters:
    ///   - replicas: how many each primary has.
    ///   - nodeTimeout: milliseconds of silence after which a node counts as dead; on a busy machine a living one can
    ///     be silent for a while.
    package init(replicas: Int, nodeTimeout: Int) async throws {
        servers = try (0..<3 * (1 + replicas)).map { _ in
            try RedisServer(arguments: [
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
                "\(nodeTimeout)",
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
            ])
        }
        for server in servers { try await server.waitUntilListening() }
        var arguments = ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
        if replicas > 0 { arguments += ["--cluster-replicas", "\(replicas)"] }
        let (status, output) = try await runProgram("redis-cli", arguments + ["--cluster-yes"])
        guard status == 0 else { throw TestFault(output) }
        try await waitUntil("the cluster is formed") {
            for server in self.servers {
                let info = try await server.ask("cluster", "info")
                guard info.contains("cluster_state:ok"), info.contains("cluster_known_nodes:\(self.servers.count)")
                else { return false }
            }
            return true
        }
        if replicas > 0 {
            try await waitUntil("every primary has its replica, and every server knows of it") {
                let primaries = try await self.primaries()
                // A client that asks a server which has not heard of a replica's data yet would not wait for that replica:
                // 'cluster slots' names a replica only from then on.
                for server in self.servers {
                    let slots = try await server.ask("cluster", "slots")
                    guard slots.components(separatedBy: "127.0.0.1").count - 1 >= self.servers.count else {
                        return false
                    }
                }
                for server in primaries {
                    guard try await server.ask("info", "replication").contains("state=online") else {
                        return false
                    }
                }
                return primaries.count == 3
            }
        }
    }

    /// The servers that are primaries now.
    package func primaries() async throws -> [RedisServer] {
        var found: [RedisServer] = []
        for server in servers where try await server.ask("role").hasPrefix("master") { found.append(server) }
        return found
    }
}
