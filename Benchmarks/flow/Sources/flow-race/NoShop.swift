import Core
import Dashboard
import Stores

/// A shop of which nothing is known: the race looks at runs alone.
struct NoShop: ShopFacts {
    let shop = "race"

    func checks() async -> [HealthCheck] { [] }
    func published() async throws -> PublishedFacts { PublishedFacts(versions: [], liveSince: nil, store: "none") }
    func rollBack() async throws -> Int { throw MartletError(.notFound, "nothing is published") }
    func difference(from: Int, to: Int) async throws -> ListDifference {
        throw MartletError(.notFound, "nothing is published")
    }
    func shopper(_ user: String) async throws -> ShopperFacts { ShopperFacts(user: user) }
    func someShoppers() async -> [String] { [] }
    func item(_ id: String) async throws -> ItemFacts? { nil }
    func itemMap(run: String) async throws -> ItemMap? { nil }
}
