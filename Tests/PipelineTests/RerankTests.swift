import Core
import Features
import Foundation
import Pipeline
import Testing

/// Rules of order against cases worked by hand. Candidates are named by ids of the shop; item `i` is of kind `i % 4`.
@Suite struct RerankTests {
    private let bundle: ServedBundle

    init() throws { bundle = try SmallShop.shared.get().pipeline("{category: kind}").bundle }

    private func candidates(_ scores: [(String, Float)]) -> [Candidate] {
        scores.map { Candidate(item: Int32(bundle.data.items.index(of: $0.0)!), score: $0.1, sources: 1) }
    }

    private func order(
        _ rule: RerankConfiguration, _ scores: [(String, Float)], length: Int = 3, seed: UInt64 = 0,
        history: [String] = [], passes: @escaping @Sendable (Int32) -> Bool = { _ in true }
    ) -> [String] {
        var list = candidates(scores)
        rule.reranker.rerank(
            &list,
            RerankContext(
                bundle: bundle, length: length, now: SmallShop.end, seed: seed,
                history: history.map { Int32(bundle.data.items.index(of: $0)!) }, passes: passes))
        #expect(Set(list.map(\.item)).count == list.count)
        return list.map { bundle.id($0.item) }
    }

    @Test func aCapHoldsWithinTheAnswerAndNotBehindIt() {
        let scores: [(String, Float)] = [("i0", 9), ("i4", 8), ("i8", 7), ("i1", 6), ("i2", 5), ("i12", 4)]
        #expect(order(.categoryCap(most: 1), scores) == ["i0", "i1", "i2", "i4", "i8", "i12"])
        #expect(order(.categoryCap(most: 2), scores) == ["i0", "i4", "i1", "i8", "i2", "i12"])
        // Where there is nothing else, what is too many comes after all.
        #expect(order(.categoryCap(most: 1), [("i0", 2), ("i4", 1)], length: 2) == ["i0", "i4"])
        #expect(order(.categoryCap(most: 1), [], length: 2).isEmpty)
    }

    @Test func boostsAddToItemsAndCategories() {
        let scores: [(String, Float)] = [("i0", 3), ("i1", 2.5), ("i2", 2)]
        #expect(order(.boost(items: ["i2"], categories: [], by: 0.75), scores) == ["i0", "i2", "i1"])
        #expect(order(.boost(items: [], categories: ["kind 1"], by: 1), scores) == ["i1", "i0", "i2"])
        #expect(order(.boost(items: ["i0"], categories: ["kind 0"], by: -1), scores) == ["i1", "i0", "i2"])
    }

    @Test func aPinStandsAtItsPlaceUnlessAFilterDropsIt() {
        let scores: [(String, Float)] = [("i0", 3), ("i1", 2), ("i2", 1)]
        #expect(order(.pin(item: "i2", place: 1), scores) == ["i2", "i0", "i1"])
        #expect(order(.pin(item: "new0", place: 2), scores) == ["i0", "new0", "i1", "i2"])
        #expect(order(.pin(item: "new0", place: 900), scores) == ["i0", "i1", "i2", "new0"])
        #expect(order(.pin(item: "elsewhere", place: 1), scores) == ["i0", "i1", "i2"])
        #expect(order(.pin(item: "new0", place: 1), scores) { _ in false } == ["i0", "i1", "i2"])
    }

    /// new1 was first sold two days before the end: with a half-life of two days it gains half of the weight.
    @Test func freshnessIsHalvedByAge() throws {
        let old = try #require(bundle.data.items.index(of: "i0"))
        #expect(old >= 0)
        #expect(order(.freshness(weight: 1, halfLife: 2 * 86_400), [("i0", 0.4), ("new1", 0)]) == ["new1", "i0"])
        #expect(order(.freshness(weight: 1, halfLife: 2 * 86_400), [("i0", 0.6), ("new1", 0)]) == ["i0", "new1"])
    }

    /// Item i costs i / 2: of what i8 costs, i8 gains all, i12 exp(−½ (ln 1.5 / 0.5)²) = 0.72, i32 0.02.
    @Test func whatCostsAsUsualIsPreferred() {
        let scores: [(String, Float)] = [("i32", 0.4), ("i12", 0.3), ("i8", 0), ("idle", 0.35)]
        let rule = RerankConfiguration.priceBand(column: "price", weight: 1, width: 0.5)
        #expect(order(rule, scores, history: ["i8"]) == ["i12", "i8", "i32", "idle"])
        #expect(order(rule, scores, history: []) == scores.map(\.0))
        #expect(order(rule, scores, history: ["i0"]) == scores.map(\.0))
    }

    @Test func aFloorLiftsTheBestOfItsGroup() {
        let scores: [(String, Float)] = [("i0", 9), ("i4", 8), ("i8", 7), ("i1", 6), ("i2", 5), ("i5", 4)]
        func floor(_ group: (inout ItemGroup) -> Void, places: Int = 0, share: Double = 0) -> RerankConfiguration {
            var made = ItemGroup()
            group(&made)
            return .exposureFloor(group: made, places: places, share: share)
        }
        let kind1 = floor({ $0.categories = ["kind 1"] }, places: 1)
        #expect(order(kind1, scores) == ["i0", "i4", "i1", "i8", "i2", "i5"])
        #expect(
            order(floor({ $0.categories = ["kind 1"] }, share: 0.5), scores) == ["i0", "i1", "i5", "i4", "i8", "i2"])
        // It holds already; there is nobody to lift; all of the answer belongs to the group.
        #expect(order(kind1, scores, length: 4) == scores.map(\.0))
        #expect(order(floor({ $0.items = ["i39"] }, places: 2), scores) == scores.map(\.0))
        #expect(order(floor({ $0.categories = ["kind 0"] }, places: 9), scores) == scores.map(\.0))
        let dear = floor({ $0.condition = ColumnCondition("price", .isWithin(from: 2.5, to: 3)) }, places: 1)
        #expect(order(dear, scores) == ["i0", "i4", "i5", "i8", "i1", "i2"])
        // Launched, or first sold, in the last four days.
        let young = floor({ $0.newWithin = 4 * 86_400 }, places: 2)
        let fresh: [(String, Float)] = [("i0", 9), ("i4", 8), ("i8", 7), ("new1", 6), ("idle", 5)]
        #expect(order(young, fresh) == ["i0", "new1", "idle", "i4", "i8"])
    }

    /// Weight 0 changes nothing; weight 1 takes, after the first, whatever is least like what stands above.
    @Test func marginalRelevanceTradesScoreForDifference() {
        let scores: [(String, Float)] = [("i0", 9), ("i4", 8.9), ("i8", 8.8), ("i1", 8.7), ("i2", 1)]
        #expect(order(.mmr(weight: 0, pool: 10), scores) == ["i0", "i4", "i8", "i1", "i2"])
        let apart = order(.mmr(weight: 0.9, pool: 10), scores, length: 2)
        #expect(apart[0] == "i0" && ["i1", "i2"].contains(apart[1]))
        // What lies behind the pool stays.
        #expect(order(.mmr(weight: 0.9, pool: 2), scores)[2...] == ["i8", "i1", "i2"])
        #expect(order(.mmr(weight: 0.5, pool: 5), [("i0", .nan), ("i1", .infinity), ("i2", 1)]).count == 3)
    }

    /// The share of draws that put each item first is its probability, and that is the propensity in the answer.
    @Test func explorationDrawsByItsPropensities() {
        let scores: [(String, Float)] = [("i0", 1), ("i1", 0.5), ("i2", 0)]
        let weights = [exp(2.0), exp(1.0), 1]
        let total = weights.reduce(0, +)
        var firsts = [0, 0, 0]
        let draws = 20_000
        for seed in 0..<draws {
            var list = candidates(scores)
            RerankConfiguration.explore(temperature: 0.5, pool: 10).reranker.rerank(
                &list, RerankContext(bundle: bundle, length: 3, now: 0, seed: UInt64(seed)))
            let names = list.map { bundle.id($0.item) }
            let places = names.map { name in scores.firstIndex { $0.0 == name }! }
            firsts[places[0]] += 1
            guard seed < 50 else { continue }
            #expect(abs(list[0].propensity! - weights[places[0]] / total) < 1e-9)
            #expect(abs(list[1].propensity! - weights[places[1]] / (total - weights[places[0]])) < 1e-9)
            #expect(list[2].propensity == 1)
        }
        for place in 0..<3 {
            let expected = weights[place] / total
            let deviation = (expected * (1 - expected) / Double(draws)).squareRoot()
            #expect(abs(Double(firsts[place]) / Double(draws) - expected) < 4 * deviation)
        }
        // Little temperature is the order itself; scores that are none do no harm.
        #expect(order(.explore(temperature: 1e-6, pool: 10), scores) == ["i0", "i1", "i2"])
        #expect(order(.explore(temperature: 1, pool: 10), [("i0", .nan), ("i1", -.infinity), ("i2", 1)]).count == 3)
    }
}
