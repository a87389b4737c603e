import Core
import Pipeline
import Stores
import Testing

@Suite struct ExplanationTests {
    private func request(_ user: String, item: String? = nil, k: Int = 5) -> PipelineRequest {
        var request = PipelineRequest(user: user, k: k)
        request.explains = true
        request.item = item
        return request
    }

    @Test(arguments: ["u1", "u2", "nobody"])
    func everyItemOfTheAnswerIsAccountedFor(user: String) async throws {
        let pipeline = try SmallShop.shared.get().pipeline(
            "{category: kind, deadline-ms: 60000, rerank: [mmr, category-cap: {most: 2}, pin: {item: i39, place: 2}]}")
        let answer = await pipeline.answer(request(user))
        let told = try #require(answer.explanation?.items)
        #expect(told.map(\.index) == answer.items.map(\.index))
        #expect(told.map(\.place) == [1, 2, 3, 4, 5])
        for (item, place) in zip(told, answer.items) {
            let isPinned = answer.bundle.id(item.index) == "i39"
            #expect(isPinned || !item.proposals.isEmpty)
            // The bits of the answer say the same.
            let bits = item.proposals.reduce(UInt32(0)) { bits, proposal in
                bits | 1 << UInt32(answer.sources.firstIndex(of: proposal.source)!)
            }
            #expect(bits == place.sources)
            #expect(item.filteredBy.isEmpty && !item.verdict.isEmpty)
            // Its moves lead from its rank to its place.
            #expect((item.moves.last?.to ?? item.rank) == item.place)
            for (before, after) in zip(item.moves, item.moves.dropFirst()) { #expect(before.to == after.from) }
            #expect(isPinned || item.score != nil)
        }
    }

    @Test func aMissingItemIsAccountedFor() async throws {
        let activity = ToldActivity()
        let shop = try SmallShop.shared.get()
        let pipeline = try shop.pipeline(activity: activity)
        let best = await pipeline.answer(request("u1")).ids[0]
        activity.tell(.purchase, of: best, by: "u1", at: SmallShop.end + 86_000)
        func verdict(_ item: String, _ pipeline: RecommendationPipeline) async throws -> Explanation.Item {
            try #require(await pipeline.answer(request("u1", item: item)).explanation?.items.last)
        }
        let bought = try await verdict(best, pipeline)
        #expect(bought.place == nil && bought.filteredBy == ["bought"] && !bought.proposals.isEmpty)
        #expect(bought.verdict == "not shown: filtered by bought" && bought.score != nil)
        // A candidate that others are before.
        let all = await pipeline.answer(request("u1", k: 40)).ids
        let behind = try await verdict(all[9], pipeline)
        #expect(behind.isCandidate && behind.rank == 10 && behind.place == nil)
        #expect(behind.verdict == "not shown: it stands at 10, and the answer ends at 5")
        // Nobody proposes what nobody bought, yet what the model thinks of it is told.
        let narrow = try shop.pipeline("{category: kind, deadline-ms: 60000, sources: [item-item, trending]}")
        let idle = try await verdict("idle", narrow)
        #expect(idle.verdict == "not shown: no source proposed it" && idle.score?.isFinite == true)
        let full = try shop.pipeline(
            "{category: kind, deadline-ms: 60000, sources: [popular], merge: {limit: 6}, rank: none, filters: []}")
        let ninth = await full.answer(request("u1", k: 40)).ids[8]
        #expect(try await verdict(ninth, full).verdict.hasSuffix("but the candidates were full"))
        // An item of another shop.
        let unknown = await pipeline.answer(request("u1", item: "elsewhere")).explanation
        #expect(unknown?.unknownItem == "elsewhere" && unknown?.items.count == 5)
    }

    @Test func stagesTellHowManyCandidatesWentInAndOut() async throws {
        let pipeline = try SmallShop.shared.get().pipeline()
        let answer = await pipeline.answer(request("u1"))
        let byName = Dictionary(uniqueKeysWithValues: answer.stages.map { ($0.name, $0) })
        let proposed = answer.stages.filter { $0.name.hasPrefix("source.") }.reduce(0) { $0 + $1.candidatesOut }
        #expect(byName["merge"]?.candidatesIn == proposed && proposed > 0)
        #expect(byName["rank"]?.candidatesIn == byName["filters"]?.candidatesOut)
        #expect(answer.stages.allSatisfy { $0.seconds >= 0 })
    }
}
