import Core

/// Reads keys with a prefix.
struct RedisNamespaceReader: NamespaceReader {
    let name: String
    let client: RedisClient
    private let prefix: [UInt8]

    init(name: String, client: RedisClient) {
        self.name = name
        self.client = client
        prefix = Array("\(name):".utf8)
    }

    func get(_ key: [UInt8]) async throws -> [UInt8]? { try await get([key])[0] }

    func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?] {
        guard !keys.isEmpty else { return [] }
        let prefix = prefix
        let work = RedisWork(
            count: keys.count, patience: client.configuration.timeout,
            slot: { place in keys[place].withUnsafeBytes { RedisSlot.of(prefix: prefix, key: $0) } },
            encode: { $1.append("GET", prefix: prefix, key: keys[$0]) })
        return try await client.perform(work).map(\.bytes)
    }

    func count() async throws -> Int {
        var count = 0
        for node in client.primaries { try await scanKeys(of: node) { count += $0.count } }
        return count
    }

    func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws {
        try await scanKeys { keys in
            let short = keys.map { Array($0.dropFirst(prefix.count)) }
            var batch = KeyValueBatch()
            for (key, value) in zip(short, try await get(short)) {
                if let value { batch.append(key: key, value: value) }
            }
            try await body(batch)
        }
    }

    /// Hands all keys of the namespace to `body`, prefix included, each once.
    func scanKeys(_ body: @Sendable ([[UInt8]]) async throws -> Void) async throws {
        for node in client.primaries {
            try await scanKeys(of: node) { try await body($0) }
        }
    }

    /// `SCAN` names a key twice when the table grows meanwhile; a hash of each key, 8 bytes, tells.
    private func scanKeys(of node: RedisNode, _ body: ([[UInt8]]) async throws -> Void) async throws {
        var met: Set<UInt64> = []
        var cursor = Array("0".utf8)
        var failures = 0
        while true {
            let commands = RedisCommands([
                Array("SCAN".utf8), cursor, Array("MATCH".utf8), Self.pattern(prefix), Array("COUNT".utf8),
                Array("4000".utf8),
            ])
            let answer: RESPValue
            do {
                answer = try await node.send(commands)[0]
                failures = 0
            } catch let error as MartletError where error.code == .unavailable {
                failures += 1
                let down = node.downTime ?? .zero
                guard down < .seconds(client.configuration.patience), failures < 100 else { throw error }
                // The server may have started anew with another table: begin again, keys met before are known.
                cursor = Array("0".utf8)
                try await Task.sleep(for: .seconds(Backoff().seconds(after: failures)))
                continue
            }
            if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: node.endpoint) }
            guard let parts = answer.elements, parts.count == 2, let next = parts[0].bytes else {
                throw MartletError(.unavailable, "redis at \(node.endpoint) answers SCAN in an unknown way")
            }
            let keys = (parts[1].elements ?? []).compactMap(\.bytes).filter { key in
                met.insert(key.withUnsafeBytes { XXHash64.hash($0) }).inserted
            }
            if !keys.isEmpty { try await body(keys) }
            cursor = next
            if cursor == Array("0".utf8) { return }
        }
    }

    /// The pattern of keys that begin with `prefix`: names hold no letter that patterns read otherwise.
    private static func pattern(_ prefix: [UInt8]) -> [UInt8] { prefix + [UInt8(ascii: "*")] }
}
