import Core
import Stores

/// A store of made-up lists for measuring the server.
public enum ServingBenchmark {
    /// The shop's name in the store.
    public static let shop = "benchmark"

    /// The id of user `number`, counted from 0, such as `u00000042`.
    public static func user(_ number: Int) -> String {
        let digits = String(number)
        return "u" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Publishes one version with a list for each of `users` users, equal for equal seeds.
    ///
    /// - Parameters:
    ///   - store: where to publish; the version is added to what is there.
    ///   - users: how many users have a list.
    ///   - items: how many items the catalogue holds, each with a title and a colour.
    ///   - k: how many items a list has.
    ///   - seed: of the choice of items and scores.
    /// - Throws: what publishing throws.
    /// - Complexity: O(users × k + items)
    public static func fill(
        _ store: any KeyValueStore, users: Int = 100_000, items: Int = 20_000, k: Int = 12, seed: UInt64 = 1
    ) async throws {
        precondition(users > 0 && items >= k && k > 0, "a benchmark needs users, and at least k items")
        var random = RandomSource(seed: seed)
        let colours = ["Black", "White", "Dark Blue", "Light Pink", "Beige", "Grey"]
        let garments = ["Strap top", "Slim jeans", "Knitted jumper", "Wool coat", "Midi dress", "Canvas shoes"]
        let catalogue = (0..<items).map { number in
            CatalogueItem(
                id: String(100_000_000 + number),
                show: [
                    "title": .string("\(garments[random.index(below: 6)]) \(number)"),
                    "colour": .string(colours[random.index(below: 6)]),
                ])
        }
        let manifest = ListManifest(model: "benchmark", modelVersion: "seed-\(seed)", created: 1_700_000_000, k: k)
        let writer = try await ListPublisher(store: store, shop: shop).begin(manifest: manifest, catalogue: catalogue)
        do {
            for first in stride(from: 0, to: users, by: 10_000) {
                try await writer.writeUsers(
                    (first..<min(first + 10_000, users)).map { (user($0), list(k, items, &random)) })
            }
            try await writer.writeSimilar((0..<min(items, 1000)).map { (catalogue[$0].id, list(k, items, &random)) })
            try await writer.writeFallbacks([(segment: "", list: list(k, items, &random))])
            _ = try await writer.commit()
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// `k` items, neighbours of one another in the catalogue, with falling scores.
    private static func list(_ k: Int, _ items: Int, _ random: inout RandomSource) -> ListEntry {
        let first = random.index(below: items)
        let best = Float(random.uniform())
        return ListEntry(
            items: (0..<k).map { UInt32((first + $0 * 7) % items) },
            scores: (0..<k).map { best - Float($0) * 0.017 })
    }
}
