import Core

/// Commands about keys of one slot, for what other targets keep in Redis.
package struct RedisSession: Sendable {
    private let client: RedisClient

    /// Connects and logs in.
    ///
    /// - Throws: `unavailable`, `unauthorized`, `invalidConfiguration`.
    package init(_ configuration: RedisConfiguration) async throws {
        client = try await RedisClient.connect(configuration)
    }

    /// The servers, for messages; holds no secret.
    package var summary: String {
        let endpoints = client.configuration.endpoints.map(\.description).joined(separator: ", ")
        return "redis \(client.isCluster ? "cluster " : "")at \(endpoints)"
    }

    /// Sends commands to the server that holds `key`, as few round trips as may be, and returns their answers.
    ///
    /// Each must give the same result when it is carried out twice: it is sent again after a fault.
    ///
    /// - Parameters:
    ///   - isReplicated: whether an answer counts only when a replica has the write too, where there is one.
    ///   - patience: seconds to try in all; nil: the configuration's timeout.
    /// - Throws: `unavailable`, and what the server's error means.
    package func answers(
        to commands: [[[UInt8]]], key: [UInt8], isReplicated: Bool = false, patience: Double? = nil
    ) async throws -> [RESPValue] {
        if commands.isEmpty { return [] }
        let slot = RedisSlot.of(key)
        return try await client.perform(
            RedisWork(
                count: commands.count, patience: patience ?? client.configuration.timeout, isReplicated: isReplicated,
                slot: { _ in slot }, encode: { $1.append(commands[$0]) }))
    }

    /// Closes the connections.
    package func close() { client.close() }
}
