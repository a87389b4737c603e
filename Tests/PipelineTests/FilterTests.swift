import Core
import Features
import Pipeline
import Stores
import Testing

@Suite struct FilterTests {
    private static let plain = "category: kind, deadline-ms: 60000"

    @Test func blockedItemsAndCategoriesAreNeverShown() async throws {
        let pipeline = try SmallShop.shared.get().pipeline(
            "{\(Self.plain), filters: [blocked: {items: [i1, i5], categories: [kind 2]}]}")
        for user in ["u1", "u2", "nobody"] {
            let answer = await pipeline.answer(PipelineRequest(user: user, k: 20))
            #expect(answer.ids.count == 20)
            #expect(answer.ids.allSatisfy { SmallShop.kind(ofItem: $0) != 2 && $0 != "i1" && $0 != "i5" })
        }
    }

    /// A filter that few items pass must not leave the answer short.
    @Test func aRequestsCategoriesStillGiveAFullAnswer() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{\(Self.plain), filters: []}")
        var request = PipelineRequest(user: "u1", k: 8)
        request.categories = ["kind 3"]
        let answer = await pipeline.answer(request)
        #expect(answer.ids.count == 8 && answer.ids.allSatisfy { SmallShop.kind(ofItem: $0) == 3 })
    }

    @Test func onlyAllowedItemsAndNoExcludedOnes() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{\(Self.plain), filters: []}")
        var request = PipelineRequest(user: "u1")
        request.allowed = ["i1", "i2", "i3", "no such item"]
        request.excluded = ["i2"]
        #expect(Set(await pipeline.answer(request).ids) == ["i1", "i3"])
    }

    @Test func filtersThatNothingPassesGiveAnEmptyAnswer() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{\(Self.plain)}")
        var request = PipelineRequest(user: "u1")
        request.categories = ["no such kind"]
        let answer = await pipeline.answer(request)
        #expect(answer.items.isEmpty && answer.fallback == nil)
        #expect(answer.stages.allSatisfy { $0.skipped == nil })
    }

    @Test func whatWasSeenIsForgottenInTime() async throws {
        let activity = ToldActivity()
        let pipeline = try SmallShop.shared.get().pipeline(
            "{\(Self.plain), filters: [seen: {kinds: [view], within: 2h}]}", activity: activity)
        let wall = SmallShop.end + 86_400
        let first = await pipeline.answer(PipelineRequest(user: "u3"), at: wall).ids[0]
        activity.tell(.view, of: first, by: "u3", at: wall)
        #expect(!(await pipeline.answer(PipelineRequest(user: "u3"), at: wall + 60).ids.contains(first)))
        #expect(await pipeline.answer(PipelineRequest(user: "u3"), at: wall + 3 * 3600).ids.contains(first))
    }

    @Test func whatTheShopDoesNotSellIsNowhere() async throws {
        let shop = try SmallShop()
        try shop.publish(version: 2, allowed: (0..<shop.data.items.count).map { $0 % 2 == 0 })
        let pipeline = try shop.pipeline("{\(Self.plain), rerank: [pin: {item: \(shop.data.items.id(1))}]}", version: 2)
        for user in ["u1", "nobody"] {
            let answer = await pipeline.answer(PipelineRequest(user: user, k: 100))
            #expect(!answer.items.isEmpty && answer.items.allSatisfy { $0.index % 2 == 0 })
        }
    }

    /// Rules about columns, declared and of a request, still give full answers, from the index too.
    @Test(arguments: ["auto", "exact"]) func columnsAreAskedWhatTheyHold(index: String) async throws {
        let shop = try SmallShop.shared.get()
        let stocked = try shop.pipeline(
            "{\(Self.plain), index: \(index), filters: [stock, price: {from: 2, to: 12}, column: {name: kind, not-in: [kind 2]}]}"
        )
        for user in ["u1", "u2", "nobody"] {
            let answer = await stocked.answer(PipelineRequest(user: user, k: 10))
            #expect(answer.ids.count == 10)
            for id in answer.ids {
                #expect((2...12).contains(SmallShop.price(ofItem: id)) && SmallShop.kind(ofItem: id) != 2)
                #expect(Int(id.dropFirst()).map { $0 % 5 != 0 } ?? false)
            }
        }
        let plain = try shop.pipeline("{\(Self.plain), filters: []}")
        var request = PipelineRequest(user: "u1", k: 8)
        request.columns = [
            ColumnCondition("kind", .isOneOf(["kind 3"])), ColumnCondition("price", .isWithin(from: nil, to: 16)),
        ]
        let answer = await plain.answer(request)
        #expect(answer.ids.count == 8)
        #expect(answer.ids.allSatisfy { SmallShop.kind(ofItem: $0) == 3 && SmallShop.price(ofItem: $0) <= 16 })
        // What has no price passes only where that is said.
        request = PipelineRequest(user: "u1", k: 43)
        request.columns = [ColumnCondition("price", .isWithin(from: 0, to: nil))]
        #expect(!(await plain.answer(request).ids.contains("idle")))
        request.columns = [ColumnCondition("stock", .isOneOf(["12"]))]
        #expect(await plain.answer(request).ids == ["i12"])
    }

    @Test func aColumnThatThereIsNotIsNamed() throws {
        let shop = try SmallShop.shared.get()
        let pipeline = try shop.pipeline("{\(Self.plain)}")
        var request = PipelineRequest(user: "u1")
        request.columns = [ColumnCondition("prise", .isWithin(from: 1, to: nil))]
        #expect {
            try pipeline.check(request)
        } throws: { "\($0)".contains("did you mean 'price'?") }
        request.columns = [ColumnCondition("title", .isWithin(from: 1, to: nil))]
        #expect {
            try pipeline.check(request)
        } throws: { "\($0)".contains("'title' holds texts") }
        #expect {
            try shop.pipeline("{\(Self.plain), filters: [column: {name: colour, is: Black}]}")
        } throws: { "\($0)".contains("there is no column 'colour' of the items") }
        for wrong in [
            "price", "price: {from: 3, to: 1}", "column: {name: kind, in: [a], from: 1}", "column: {in: [a]}",
        ] {
            #expect(throws: (any Error).self) { try SmallShop.configuration("{filters: [\(wrong)]}") }
        }
    }
}
