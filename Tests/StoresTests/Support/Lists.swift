import Core
import Stores

/// A list that tells which version (`marker`) and which user (`seed`) it belongs to.
func list(marker: Int, seed: Int) -> ListEntry {
    ListEntry(
        items: (0..<12).map { UInt32((seed * 31 + $0 * 7 + marker) % 3000) },
        scores: (0..<12).map { Float(marker * 100 - $0) + Float(seed) / 1000 })
}

func item(_ index: Int) -> CatalogueItem {
    CatalogueItem(
        id: "item \(index)", show: ["title": .string("Dress \"\(index)\""), "price": .number(Double(index) / 4)])
}

func manifest() -> ListManifest {
    ListManifest(
        model: "two-tower", modelVersion: "run-1", created: 1_795_392_000, k: 12, metrics: ["recall@12": 0.125])
}

/// Publishes a version whose lists all carry `marker`.
@discardableResult
func publish(
    _ store: any KeyValueStore, _ shop: String, marker: Int, users: Int = 300, publisher: ListPublisher? = nil
) async throws -> PublishedVersion {
    let publisher = publisher ?? ListPublisher(store: store, shop: shop)
    let writer = try await publisher.begin(manifest: manifest(), catalogue: (0..<3000).map(item))
    do {
        try await writer.writeUsers((0..<users).map { ("user \($0)", list(marker: marker, seed: $0)) })
        try await writer.writeSimilar((0..<20).map { ("item \($0)", list(marker: marker, seed: $0)) })
        try await writer.writeFallbacks([("", list(marker: marker, seed: 0)), ("men", list(marker: marker, seed: 1))])
        return try await writer.commit()
    } catch {
        await writer.abort()
        throw error
    }
}
