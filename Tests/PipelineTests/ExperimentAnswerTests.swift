import Core
import Foundation
import Pipeline
import Testing

/// What users in experiments are answered.
@Suite struct ExperimentAnswerTests {
    private let shop: SmallShop

    init() throws { shop = try SmallShop.shared.get() }

    private func variants(_ experiments: String, base: String = "") throws -> VariantPipelines {
        VariantPipelines(try shop.pipeline("{category: kind, deadline-ms: 60000, \(base) experiments: \(experiments)}"))
    }

    private func ask(_ pipelines: VariantPipelines, _ user: String, k: Int = 8, seed: UInt64 = 1) async
        -> VariantPipelines.Answer
    {
        var request = PipelineRequest(user: user, k: k)
        request.seed = seed
        return await pipelines.answer(request, wall: SmallShop.end + 86_400)
    }

    /// Each user's answer is that of the variant's pipeline alone, always the same one, and names it.
    @Test func aVariantAnswersAsItsPipelineWould() async throws {
        let pipelines = try variants(
            "{a: {variants: {as-is: {}, plain: {rank: none, merge: {limit: 30}}}}, b: {variants: {long: {}, short: {k: 3}}}}"
        )
        let alone = [
            "as-is": try shop.pipeline("{category: kind, deadline-ms: 60000}"),
            "plain": try shop.pipeline("{category: kind, deadline-ms: 60000, rank: none, merge: {limit: 30}}"),
        ]
        var seen: [String: Int] = [:]
        for user in 0..<40 {
            let answer = await ask(pipelines, "u\(user)").answer
            let named = Dictionary(uniqueKeysWithValues: answer.variants.map { ($0.experiment, $0.variant) })
            let variant = try #require(named["a"])
            seen["\(variant) \(named["b"]!)", default: 0] += 1
            #expect(pipelines.length(for: "u\(user)") == (named["b"] == "short" ? 3 : 12))
            let expected = await alone[variant]!.answer(PipelineRequest(user: "u\(user)", k: 8))
            #expect(answer.ids == expected.ids)
            #expect(await ask(pipelines, "u\(user)", seed: 7).answer.variants == answer.variants)
        }
        #expect(seen.count == 4 && seen.values.allSatisfy { $0 >= 3 }, "\(seen)")
    }

    /// Team draft by hand: after each round both teams have as many items, in their own order.
    @Test func teamsDraftFairly() {
        var firsts = 0
        for seed in 0..<2000 {
            let drafted = TeamDraft.draft([[1, 2, 3, 4], [3, 1, 5, 6]], k: 6, seed: UInt64(seed))
            let items = drafted.map { pick in [[1, 2, 3, 4], [3, 1, 5, 6]][Int(pick.team)][pick.place] }
            #expect(Set(items).count == 6)
            for round in 0..<3 { #expect(Set(drafted[(2 * round)..<(2 * round + 2)].map(\.team)) == [0, 1]) }
            if drafted[0].team == 0 { firsts += 1 }
            // Whoever is first takes 1 or 3; the other its best that is left.
            #expect(items[0] == (drafted[0].team == 0 ? 1 : 3) && items[1] == (drafted[0].team == 0 ? 3 : 1))
        }
        #expect(abs(firsts - 1000) < 90)
        #expect(TeamDraft.draft([[1, 2], [1, 2]], k: 5, seed: 1).count == 2)
        #expect(TeamDraft.draft([[], [4]], k: 3, seed: 1).map(\.team) == [1])
        #expect(TeamDraft.draft([[], []], k: 3, seed: 1).isEmpty)
    }

    @Test func twoRankersShareAList() async throws {
        let pipelines = try variants(
            "{duel: {kind: interleave, variants: {model: {}, plain: {rank: none, sources: [new, trending]}}}}")
        let one = try shop.pipeline("{category: kind, deadline-ms: 60000}")
        let other = try shop.pipeline("{category: kind, deadline-ms: 60000, rank: none, sources: [new, trending]}")
        for user in ["u1", "u2", "u3"] {
            var request = PipelineRequest(user: user, k: 6)
            request.explains = true
            let answer = await pipelines.answer(request, wall: SmallShop.end + 86_400).answer
            #expect(answer.variants == [VariantName(experiment: "duel", variant: "model+plain")])
            #expect(answer.teams == ["model", "plain"] && answer.items.count == 6 && Set(answer.ids).count == 6)
            let lists = [await one.answer(request).ids, await other.answer(request).ids]
            for (place, item) in answer.items.enumerated() {
                let team = Int(try #require(item.team))
                #expect(lists[team].contains(answer.ids[place]))
                #expect(item.propensity == nil)
                let sources = answer.sources.enumerated().filter { item.sources & (1 << UInt32($0.offset)) != 0 }.map(
                    \.element)
                #expect(
                    !sources.isEmpty
                        && (team == 0 || sources.allSatisfy { ["new", "trending", "fallback"].contains($0) }))
            }
            #expect(answer.items.count { $0.team == 0 } == 3)
            #expect(answer.explanation?.items.prefix(6).map(\.place) == [1, 2, 3, 4, 5, 6])
        }
    }

    /// A shadow changes no answer; what it would have done is told.
    @Test func aShadowIsComparedAndNotShown() async throws {
        let pipelines = try variants(
            "{next: {kind: shadow, variants: {plain: {rank: none}}}, same: {kind: shadow, variants: {same: {}}}}")
        let alone = try shop.pipeline("{category: kind, deadline-ms: 60000}")
        var overlaps: [Double] = []
        for user in 0..<10 {
            let request = PipelineRequest(user: "u\(user)", k: 8)
            let found = await pipelines.answer(request, wall: SmallShop.end + 86_400)
            #expect(found.answer.ids == (await alone.answer(request)).ids && found.answer.variants.isEmpty)
            #expect(found.shadows.map(\.name.experiment) == ["next", "same"])
            let compared = await found.shadows[0].compare(request, with: found.answer, wall: SmallShop.end + 86_400)
            let same = await found.shadows[1].compare(request, with: found.answer, wall: SmallShop.end + 86_400)
            #expect(same.isSame && same.overlap == 1 && same.propensities == [Double](repeating: 1, count: 8))
            overlaps.append(compared.overlap)
            #expect(compared.seconds > 0 && (0...1).contains(compared.overlap))
            // Nothing is drawn: a place is certain or impossible.
            #expect(compared.propensities!.allSatisfy { $0 == 0 || $0 == 1 })
        }
        #expect(overlaps.contains { $0 < 1 })
    }

    /// The product of the places' propensities is the slate's probability: the mean of its inverse over draws counts the
    /// slates there are. A pool of 4 of which one item is pinned to place 2 leaves 3 · 2 orders of the places 1 and 3.
    @Test(arguments: [
        ("[explore: {temperature: 3, pool: 4}]", 4 * 3 * 2),
        ("[explore: {temperature: 3, pool: 3}, pin: {item: i0, place: 2}]", 3 * 2),
    ])
    func propensitiesAreThoseOfTheList(rules: String, slates: Int) async throws {
        let pipeline = try shop.pipeline(
            "{category: kind, deadline-ms: 60000, sources: [trending: {take: 6}], rank: {model: dlrm}, rerank: \(rules), filters: []}"
        )
        let draws = 4000
        let requests = (0..<draws).map { seed in
            var request = PipelineRequest(user: "u5", k: 3)
            request.seed = UInt64(seed)
            return request
        }
        var inverses: [Double] = []
        var lists: Set<[String]> = []
        for start in stride(from: 0, to: draws, by: 200) {
            for answer in await pipeline.answers(to: Array(requests[start..<(start + 200)]), wall: SmallShop.end) {
                inverses.append(1 / answer.items.reduce(1) { $0 * ($1.propensity ?? 1) })
                lists.insert(answer.ids)
                if rules.contains("pin") { #expect(answer.ids[1] == "i0" && answer.items[1].propensity == nil) }
            }
        }
        let mean = inverses.reduce(0, +) / Double(draws)
        let error =
            (inverses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws)).squareRoot()
            / Double(draws).squareRoot()
        #expect(lists.count == slates)
        #expect(abs(mean - Double(slates)) < 4 * error, "\(mean) ± \(error), there are \(slates)")
    }

    /// A shadow that draws by the same rule gives the shown items the probabilities that they were drawn by; one that draws
    /// by another rule gives probabilities that add up to 1 over all slates.
    @Test func aShadowsPropensitiesAreItsOwn() async throws {
        let pipelines = try variants(
            "{same: {kind: shadow, variants: {v: {}}}, other: {kind: shadow, variants: {v: {rerank: [explore: {temperature: 1, pool: 4}]}}}}",
            base: "sources: [trending: {take: 6}], filters: [], rerank: [explore: {temperature: 3, pool: 4}], ")
        var ratios: [Double] = []
        for seed in 0..<1500 {
            var request = PipelineRequest(user: "u9", k: 2)
            request.seed = UInt64(seed)
            let found = await pipelines.answer(request, wall: SmallShop.end)
            let own = found.answer.items.map { $0.propensity! }
            if seed < 50 {
                let same = await found.shadows[0].compare(request, with: found.answer, wall: SmallShop.end)
                #expect(same.isSame)
                for (a, b) in zip(same.propensities!, own) { #expect(abs(a - b) < 1e-9) }
            }
            let other = await found.shadows[1].compare(request, with: found.answer, wall: SmallShop.end)
            ratios.append(zip(other.propensities!, own).reduce(1) { $0 * $1.0 / $1.1 })
        }
        let mean = ratios.reduce(0, +) / 1500
        let error = (ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1500).squareRoot() / 1500.0.squareRoot()
        #expect(abs(mean - 1) < 4 * error, "\(mean) ± \(error)")
    }
}
