import Foundation

/// Redis 8, where `scripts/redis8` has put it.
package enum Redis8 {
    /// The command that starts it; nil if it is not there.
    package static let command: [String]? = {
        let root = #filePath.replacingOccurrences(of: "Tests/Support/Redis8.swift", with: "")
        let place = "\(root).cache/redis8"
        guard FileManager.default.isExecutableFile(atPath: "\(place)/usr/bin/redis-server") else { return nil }
        return [
            "\(place)/usr/lib64/ld-linux-x86-64.so.2", "--argv0", "redis-server", "--library-path",
            "\(place)/usr/lib/x86_64-linux-gnu", "\(place)/usr/bin/redis-server",
        ]
    }()

    /// Starts one.
    package static func server() async throws -> RedisServer {
        let server = try RedisServer(command: command)
        try await server.waitUntilListening()
        return server
    }
}
