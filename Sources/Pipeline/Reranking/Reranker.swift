import Core

/// What a rule that changes the order is told beside the order.
package struct RerankContext: Sendable {
    let bundle: ServedBundle
    /// How many items the answer will have.
    let length: Int
    let now: Int64
    let seed: UInt64
    /// The user's history as the models take it, the oldest first.
    let history: [Int32]
    /// Whether an item may be in the answer at all.
    let passes: @Sendable (Int32) -> Bool

    package init(
        bundle: ServedBundle, length: Int, now: Int64, seed: UInt64 = 0, history: [Int32] = [],
        passes: @escaping @Sendable (Int32) -> Bool = { _ in true }
    ) {
        self.bundle = bundle
        self.length = length
        self.now = now
        self.seed = seed
        self.history = history
        self.passes = passes
    }
}

/// A rule that changes the order of what was ranked.
package protocol Reranker: Sendable {
    /// The word that answers name it by.
    var name: String { get }
    /// Changes the order.
    func rerank(_ candidates: inout [Candidate], _ context: RerankContext)
}

extension RerankConfiguration {
    /// The rules of a declaration, each knowing what it must of those after it.
    static func rules(_ list: [RerankConfiguration]) -> [any Reranker] {
        list.enumerated().map { place, rule in
            guard case .explore(let temperature, let pool) = rule else { return rule.reranker }
            let pinned = list[place...].compactMap { later -> String? in
                if case .pin(let item, _) = later { item } else { nil }
            }
            return GumbelExploration(temperature: temperature, pool: pool, pinned: pinned)
        }
    }

    /// The rule.
    package var reranker: any Reranker {
        switch self {
        case .mmr(let weight, let pool): MarginalRelevance(weight: Float(weight), pool: pool)
        case .categoryCap(let most): CategoryCap(most: most)
        case .boost(let items, let categories, let by):
            Boost(items: items, categories: categories, by: Float(by))
        case .freshness(let weight, let halfLife): Freshness(weight: Float(weight), halfLife: halfLife)
        case .priceBand(let column, let weight, let width):
            PriceBand(column: column, weight: Float(weight), width: width)
        case .exposureFloor(let group, let places, let share):
            ExposureFloor(group: group, places: places, share: share)
        case .pin(let item, let place): Pin(item: item, place: place)
        case .explore(let temperature, let pool): GumbelExploration(temperature: temperature, pool: pool)
        }
    }
}
