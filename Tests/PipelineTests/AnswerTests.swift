import Core
import Features
import Pipeline
import Stores
import Testing

@Suite struct AnswerTests {
    @Test func anAnswerIsAsLongAsAskedAndInOrder() async throws {
        let pipeline = try SmallShop.shared.get().pipeline()
        let answer = await pipeline.answer(PipelineRequest(user: "u5", k: 6))
        #expect(answer.ids.count == 6 && Set(answer.ids).count == 6)
        #expect(zip(answer.items, answer.items.dropFirst()).allSatisfy { $0.score >= $1.score })
        #expect(answer.stages.allSatisfy { $0.skipped == nil } && answer.fallback == nil)
        // A user of kind 1 is shown mostly that.
        #expect(answer.ids.count { SmallShop.kind(ofItem: $0) == 1 } >= 3)
        #expect(answer.items.allSatisfy { $0.sources != 0 })
        let again = await pipeline.answer(PipelineRequest(user: "u5", k: 6))
        #expect(answer.ids == again.ids)
    }

    @Test(arguments: [0, 1_000_000_000, -3])
    func lengthsThatMakeNoSenseAreBounded(k: Int) async throws {
        let shop = try SmallShop.shared.get()
        let answer = try await shop.pipeline("{deadline-ms: 60000, filters: []}").answer(
            PipelineRequest(user: "u1", k: k))
        #expect(k > 0 ? answer.items.count >= shop.data.items.trainedCount : answer.items.isEmpty)
        #expect(Set(answer.ids).count == answer.items.count)
    }

    @Test func requestsAnsweredTogetherAreAnsweredAsAlone() async throws {
        let pipeline = try SmallShop.shared.get().pipeline()
        let users = ["u1", "nobody", "u2", "u1", "quiet"]
        let together = await pipeline.answers(
            to: users.map { PipelineRequest(user: $0) }, wall: SmallShop.end + 86_400)
        for (user, answer) in zip(users, together) {
            let alone = await pipeline.answer(PipelineRequest(user: user))
            #expect(answer.user == user && answer.ids == alone.ids)
        }
    }

    @Test(arguments: ["nobody", "quiet", "", "\u{0}"]) func whoIsUnknownIsToldSo(user: String) async throws {
        let pipeline = try SmallShop.shared.get().pipeline()
        let answer = await pipeline.answer(PipelineRequest(user: user))
        #expect(answer.isUnknownUser && answer.items.count == 12)
    }

    @Test func aPurchaseChangesTheNextAnswer() async throws {
        let activity = ToldActivity()
        let pipeline = try SmallShop.shared.get().pipeline(activity: activity)
        let before = await pipeline.answer(PipelineRequest(user: "u6"))
        let bought = before.ids[0]
        activity.tell(.purchase, of: bought, by: "u6", at: SmallShop.end + 86_300)
        let after = await pipeline.answer(PipelineRequest(user: "u6"))
        #expect(!after.ids.contains(bought) && after.ids != before.ids)
        // Two days later it may be shown again.
        let later = await pipeline.answer(PipelineRequest(user: "u6"), at: SmallShop.end + 3 * 86_400)
        #expect(later.ids.contains(bought))
    }

    /// Somebody who was never seen buys things of kind 2 and is shown such things.
    @Test(arguments: ["item-item", "tower: {query: average}"])
    func aNewcomerIsKnownByEvents(source: String) async throws {
        let activity = ToldActivity()
        let pipeline = try SmallShop.shared.get().pipeline(
            "{sources: [\(source)], rank: none, deadline-ms: 60000}", activity: activity)
        for (place, item) in ["i2", "i6", "i10"].enumerated() {
            activity.tell(.purchase, of: item, by: "newcomer", at: SmallShop.end + Int64(100 + place))
        }
        let answer = await pipeline.answer(PipelineRequest(user: "newcomer", k: 5))
        #expect(!answer.isUnknownUser && answer.ids.allSatisfy { !["i2", "i6", "i10"].contains($0) })
        #expect(answer.ids.count { SmallShop.kind(ofItem: $0) == 2 } >= 3)
    }

    /// An event that was loaded and trained on is not counted twice.
    @Test func anEventThatTheDataHoldsIsOneContact() async throws {
        let activity = ToldActivity()
        let pipeline = try SmallShop.shared.get().pipeline(activity: activity)
        var request = PipelineRequest(user: "u0")
        request.explains = true
        let before = await pipeline.answer(request).explanation?.contacts
        activity.tell(.purchase, of: "i0", by: "u0", at: SmallShop.end - 1)
        #expect(await pipeline.answer(request).explanation?.contacts == before)
        activity.tell(.view, of: "i0", by: "u0", at: SmallShop.end + 5)
        activity.tell(.view, of: "no such item", by: "u0", at: SmallShop.end + 6)
        #expect(await pipeline.answer(request).explanation?.contacts == before.map { $0 + 1 })
        // The models learned from purchases: a view is no history to them.
        let history = await pipeline.answer(request).explanation?.history
        #expect(history == before)
    }

    @Test func whatIsLookedAtNowLeadsToItsNeighbours() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{sources: [item-item], rank: none, category: kind}")
        var request = PipelineRequest(user: "nobody", k: 4)
        request.context = ["i3"]
        let answer = await pipeline.answer(request)
        #expect(!answer.ids.contains("i3") && answer.ids.allSatisfy { SmallShop.kind(ofItem: $0) == 3 })
    }
}

@Suite struct SourceTests {
    private func ids(_ yaml: String, _ user: String, k: Int = 5) async throws -> [String] {
        let pipeline = try SmallShop.shared.get().pipeline(yaml)
        return await pipeline.answer(PipelineRequest(user: user, k: k), at: pipeline.bundle.data.split.end).ids
    }

    @Test func newArrivalsAreTheItemsFirstSoldLastNewestFirst() async throws {
        let found = try await ids("{sources: [new: {within: 5d}], rank: none, filters: [], k: 2}", "nobody", k: 2)
        #expect(found == ["new1", "new0"])
    }

    /// Counted by hand from the rows: what was bought most, ties by the item that was trained most.
    @Test func popularityIsWhatWasBoughtMost() async throws {
        let shop = try SmallShop.shared.get()
        let rows = try shop.data.interactions(.train)
        var counts: [Int32: Int] = [:]
        for item in rows.items.values { counts[item, default: 0] += 1 }
        let expected = counts.keys.sorted { (counts[$1]!, $0) < (counts[$0]!, $1) }.prefix(7)
        let found = try await ids("{sources: [popular], rank: none, filters: []}", "nobody", k: 7)
        #expect(found == expected.map { shop.data.items.id(Int($0)) })
    }

    @Test func theListIsTheOneThatWasMade() async throws {
        let shop = try SmallShop.shared.get()
        let found = try await ids("{sources: [list], rank: none, filters: []}", "u9", k: 10)
        let tower = try await ids("{sources: [tower: {take: 10}], rank: none, filters: []}", "u9", k: 10)
        // Both are the two towers' best, with the history that they were trained on.
        #expect(found.count == 10 && found == tower)
        #expect(shop.data.users.index(of: "u9") != nil)
    }

    @Test func theAverageOfVectorsFindsWhatIsLikeTheHistory() async throws {
        let found = try await ids("{sources: [tower: {query: average}], rank: none, filters: []}", "u7", k: 5)
        #expect(found.count { SmallShop.kind(ofItem: $0) == 3 } >= 3)
    }
}

@Suite struct BatchingTests {
    /// Many at once, more than a batch holds, each with an answer of their own.
    @Test func whoComesTogetherIsAnsweredTogetherAndAsAlone() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{category: kind, deadline-ms: 60000, batch: 4}")
        let batcher = RequestBatcher(pipeline, width: 1)
        let wall = SmallShop.end + 86_400
        let found = await withTaskGroup(of: (Int, [String]).self) { group in
            for number in 0..<40 {
                group.addTask { (number, await batcher.answer(PipelineRequest(user: "u\(number)"), wall: wall).ids) }
            }
            return await group.reduce(into: [Int: [String]]()) { $0[$1.0] = $1.1 }
        }
        #expect(found.count == 40)
        for number in 0..<40 {
            let alone = await pipeline.answer(PipelineRequest(user: "u\(number)"), at: wall)
            #expect(found[number] == alone.ids)
        }
    }

    /// What nobody has bought is new by the date that it bears, what bears none by its first sale.
    @Test func whatAppearedLatelyIsProposed() async throws {
        let pipeline = try SmallShop.shared.get().pipeline(
            "{deadline-ms: 60000, filters: [], rank: none, sources: [new: {within: 10d}], category: kind}")
        let answer = await pipeline.answer(PipelineRequest(user: "u1", k: 3))
        #expect(Set(answer.ids) == ["new0", "new1", "idle"] && answer.fallback == nil)
    }

    /// The neighbours' sums against a plain dictionary.
    @Test func neighboursAreSummedUp() async throws {
        let shop = try SmallShop.shared.get()
        let pipeline = try shop.pipeline(
            "{deadline-ms: 60000, filters: [], rank: none, sources: [item-item: {take: 7, history: 5}]}")
        var request = PipelineRequest(user: "nobody", k: 7)
        request.context = ["i1", "i5", "i9"]
        request.explains = true
        let answer = await pipeline.answer(request)
        var sums: [Int32: Float] = [:]
        for id in request.context {
            let near = pipeline.bundle.near(Int32(shop.data.items.index(of: id)!))
            for (item, score) in near { sums[item, default: 0] += 0.4 * score }
        }
        for id in request.context { sums[Int32(shop.data.items.index(of: id)!)] = nil }
        let wanted = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(7).map(\.key)
        #expect(answer.items.map(\.index) == wanted)
        // Asked again, nothing is left of the first time.
        #expect(await pipeline.answer(request).items == answer.items)
    }
}
