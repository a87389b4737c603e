import Foundation
import Stores
import Testing

/// A Redis cluster on loopback: three primaries, with or without a replica each.
final class RedisClusterServers: Sendable {
    /// Three primaries for all tests that do not break them.
    static let shared = Task { try await RedisClusterServers(replicas: 0) }

    let servers: [RedisServer]

    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(endpoints: servers.map(\.endpoint))
        configuration.cluster = true
        return configuration
    }

    init(replicas: Int) async throws {
        servers = try (0..<3 * (1 + replicas)).map { _ in
            try RedisServer(arguments: [
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "1000",
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
            ])
        }
        for server in servers { try await server.waitUntilListening() }
        var arguments = ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
        if replicas > 0 { arguments += ["--cluster-replicas", "\(replicas)"] }
        let (status, output) = try runProgram("redis-cli", arguments + ["--cluster-yes"])
        try #require(status == 0, "\(output)")
        try await waitUntil("the cluster is formed") {
            try self.servers.allSatisfy { server in
                let info = try self.ask(server, "cluster", "info")
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:\(self.servers.count)")
            }
        }
        if replicas > 0 {
            try await waitUntil("every primary has its replica") {
                try self.primaries.allSatisfy { try self.ask($0, "info", "replication").contains("state=online") }
            }
        }
    }

    /// The servers that are primaries now.
    var primaries: [RedisServer] {
        get throws { try servers.filter { try ask($0, "role").hasPrefix("master") } }
    }

    func ask(_ server: RedisServer, _ words: String...) throws -> String {
        try runProgram("redis-cli", ["-p", "\(server.port)"] + words).output
    }
}

/// Asks again and again until the answer is yes, for 30 s at most.
func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<300 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("waited in vain until \(what)")
}
