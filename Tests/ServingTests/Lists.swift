import Core
import Stores

/// A small shop whose lists the tests publish.
enum Lists {
    static let shop = "shop"

    static func store() -> MemoryStore { MemoryStore() }

    static func reader(_ store: any KeyValueStore) -> ListReader {
        ListReader(store: store, shop: shop, pollInterval: .milliseconds(20))
    }

    /// Item `n` of version `version`: both numbers are in its id and its title.
    static func catalogue(version: Int, items: Int = 40) -> [CatalogueItem] {
        (0..<items).map { number in
            CatalogueItem(
                id: "v\(version)-\(number)",
                show: ["title": .string("Title \"\(number)\" – v\(version)"), "price": 9.5])
        }
    }

    /// Publishes a version: users `u0` … `u99` and `Zoë/1 %` have lists of 20, `v1-0` has similar items, and
    /// everyone and the segment `women` have fallbacks of 30.
    @discardableResult
    static func publish(to store: any KeyValueStore, version: Int = 1, fallbacks: Bool = true) async throws -> Int {
        let manifest = ListManifest(model: "two-tower", modelVersion: "run-\(version)", created: 1_795_397_400, k: 20)
        let writer = try await ListPublisher(store: store, shop: shop)
            .begin(manifest: manifest, catalogue: catalogue(version: version))
        let names = (0..<100).map { "u\($0)" } + ["Zoë/1 %"]
        try await writer.writeUsers(names.enumerated().map { ($1, list(20, from: $0 % 20)) })
        try await writer.writeSimilar([("v\(version)-0", list(10, from: 1))])
        if fallbacks {
            try await writer.writeFallbacks([
                (segment: "", list: list(30, from: 5)), (segment: "women", list: list(30, from: 10)),
            ])
        }
        return try await writer.commit().version
    }

    static func list(_ count: Int, from first: Int) -> ListEntry {
        ListEntry(
            items: (0..<count).map { UInt32((first + $0) % 40) }, scores: (0..<count).map { 0.9 - Float($0) / 32 })
    }
}
