import Core

/// How fast lists get into a store.
public struct PublishBenchmark: Sendable, Codable {
    /// How many lists were written.
    public var lists: Int
    /// Bytes of one stored list.
    public var valueBytes: Int
    /// Seconds from the first list to the store's answer to the last one: what `redis-benchmark` counts too.
    public var writeSeconds: Double
    /// Seconds for making everything durable, reading it back, checking it and switching.
    public var commitSeconds: Double

    /// Lists a second, without the commit.
    public var listsPerSecond: Double { Double(lists) / writeSeconds }

    /// Publishes `lists` made-up lists of `k` items under ids of 64 hexadecimal digits, and measures; the shop's older
    /// versions are removed afterwards.
    ///
    /// - Throws: what publishing throws.
    public static func run(store: any KeyValueStore, shop: String, lists: Int, k: Int) async throws -> PublishBenchmark
    {
        let publisher = ListPublisher(store: store, shop: shop)
        let clock = ContinuousClock()
        let writer = try await publisher.begin(
            manifest: ListManifest(model: "benchmark", modelVersion: "1", created: publisher.now(), k: k), catalogue: []
        )
        do {
            let start = clock.now
            let block = 16_384
            var random = SystemRandomNumberGenerator()
            for first in stride(from: 0, to: lists, by: block) {
                let range = first..<min(first + block, lists)
                let ids = range.map { index in
                    // Spread like the hashes that shops use for ids, and unique, for the multiplier is odd.
                    let word = hexadecimal(UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
                    return word + word + word + word
                }
                let offset = Int32.random(in: 0..<1000, using: &random)
                let items = (0..<range.count * k).map { Int32($0 % 100_000) + offset }
                let scores = items.map { 1 / Float($0 + 1) }
                try await writer.writeUsers(ids: ids, items: items, scores: scores)
            }
            try await writer.drain()
            let written = clock.now
            _ = try await writer.commit()
            let committed = clock.now
            try await publisher.prune(keep: 0, olderThan: 0)
            return PublishBenchmark(
                lists: lists, valueBytes: 4 + 8 * k, writeSeconds: (written - start) / .seconds(1),
                commitSeconds: (committed - written) / .seconds(1))
        } catch {
            await writer.abort()
            throw error
        }
    }
}
