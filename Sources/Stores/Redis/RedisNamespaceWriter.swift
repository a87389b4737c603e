import Core

/// Writes keys with a prefix.
struct RedisNamespaceWriter: NamespaceWriter {
    let name: String
    let store: RedisStore

    func write(_ batch: KeyValueBatch) async throws {
        let prefix = Array("\(name):".utf8)
        let work = RedisWork(
            count: batch.count, patience: store.client.configuration.patience, isReplicated: true,
            slot: { place in batch.withEntry(place) { key, _ in RedisSlot.of(prefix: prefix, key: key) } },
            encode: { place, commands in
                batch.withEntry(place) { commands.appendSet(prefix: prefix, key: $0, value: $1) }
            })
        _ = try await store.client.perform(work)
    }

    func delete(_ keys: [[UInt8]]) async throws {
        let prefix = Array("\(name):".utf8)
        let work = RedisWork(
            count: keys.count, patience: store.client.configuration.patience, isReplicated: true,
            slot: { place in keys[place].withUnsafeBytes { RedisSlot.of(prefix: prefix, key: $0) } },
            encode: { $1.append("UNLINK", prefix: prefix, key: keys[$0]) })
        _ = try await store.client.perform(work)
    }

    /// Redis holds what it has answered for; there is nothing left to do.
    func finish() async throws {}

    func cancel() async { try? await store.drop(namespace: name) }
}
