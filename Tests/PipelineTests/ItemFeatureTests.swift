import Core
import Features
import Pipeline
import Stores
import Synchronization
import Testing

/// Features of items that a test makes up, of which some are unknown.
private final class ToldItems: ItemFeatureReader {
    let names: [String]
    private let value: @Sendable (_ item: String, _ name: String) throws -> FeatureValue?
    let reads = Mutex<[[String]]>([])
    let changes: ItemFeatureChanges?

    /// - Parameter source: tells of changes, by the items' ids.
    init(
        _ names: [String], _ source: FeatureChanges? = nil,
        _ value: @escaping @Sendable (_ item: String, _ name: String) throws -> FeatureValue?
    ) {
        self.names = names
        changes = source.map { ItemFeatureChanges($0, id: { String(decoding: $0, as: UTF8.self) }) }
        self.value = value
    }

    func features(ofItems items: [String]) async throws -> OnlineFeatures {
        reads.withLock { $0.append(items) }
        return OnlineFeatures(
            columns: try names.map { name in
                let values = try items.map { try value($0, name) }
                return OnlineFeatures.Column(
                    name: name, values: values.map { $0 ?? .null },
                    statuses: values.map { $0 == nil ? .notFound : .present },
                    timestamps: values.map { _ in FeatureTimestamp(seconds: 7) })
            }, failure: nil)
    }
}

@Suite struct ItemFeatureTests {
    private func pipeline(_ yaml: String, _ reader: ToldItems) throws -> RecommendationPipeline {
        let shop = try SmallShop.shared.get()
        var configuration = try SmallShop.configuration("{category: kind, deadline-ms: 60000, \(yaml)}")
        configuration.freshColumns = Set(reader.names)
        let bundle = try ServedBundle(folder: shop.bundles.path(version: 1), configuration: configuration)
        return RecommendationPipeline(configuration, bundle: bundle, activity: NoActivity(), items: reader)
    }

    private static func number(_ item: String) -> Int { Int(item.filter(\.isNumber)) ?? 0 }

    /// What is sold out this second is not shown, and the answer is full all the same.
    @Test func whatIsSoldOutNowIsNotShown() async throws {
        let reader = ToldItems(["stock"]) { item, _ in .int64(Self.number(item) % 2 == 0 ? 0 : 3) }
        let pipeline = try pipeline("filters: [stock], merge: {limit: 14}", reader)
        for user in ["u1", "u2", "nobody"] {
            var request = PipelineRequest(user: user, k: 12)
            request.item = "i2"
            request.explains = true
            let answer = await pipeline.answer(request)
            #expect(answer.ids.count == 12 && answer.ids.allSatisfy { Self.number($0) % 2 == 1 })
            #expect(answer.stages.filter { $0.name == "item-features" }.map(\.skipped) == [nil])
        }
        // All candidates in one read, and once more for those that took the others' place.
        let reads = reader.reads.withLock { $0 }
        #expect(reads.count <= 6 && reads.allSatisfy { Set($0).count == $0.count })
        let explained = await pipeline.answer(
            { () -> PipelineRequest in
                var request = PipelineRequest(user: "u0", k: 3)
                request.item = "i0"
                return request
            }()
        ).explanation?.items.last
        #expect(explained?.filteredBy.contains("stock") == true || explained?.isCandidate == false)
    }

    @Test func whatIsMissingPassesAsTheConditionSays() async throws {
        let unknown = ToldItems(["stock"]) { item, _ in Self.number(item) < 20 ? .int64(1) : nil }
        let strict = await (try pipeline("filters: [stock]", unknown)).answer(PipelineRequest(user: "u1", k: 8))
        #expect(strict.ids.count == 8 && strict.ids.allSatisfy { Self.number($0) < 20 })
        let lenient = try pipeline("filters: [stock: {missing: keep}], sources: [trending]", unknown)
        #expect(await lenient.answer(PipelineRequest(user: "u1", k: 30)).ids.contains { Self.number($0) >= 20 })
        // A request's own condition is asked of the store as well, and a list holds any of its elements.
        let markets = ToldItems(["markets"]) { item, _ in
            .stringList(Self.number(item) % 3 == 0 ? ["SE", "DK"] : ["NO"])
        }
        var request = PipelineRequest(user: "u1", k: 6)
        request.columns = [ColumnCondition("markets", .isOneOf(["DK"]))]
        let answer = await (try pipeline("filters: []", markets)).answer(request)
        #expect(answer.ids.count == 6 && answer.ids.allSatisfy { Self.number($0) % 3 == 0 })
    }

    /// A store that does not answer is no failure of the request.
    @Test func aStoreThatFailsIsDoneWithout() async throws {
        let broken = ToldItems(["stock"]) { _, _ in throw MartletError(.unavailable, "the store is down") }
        let answer = await (try pipeline("filters: [stock]", broken)).answer(PipelineRequest(user: "u1", k: 8))
        #expect(answer.ids.count == 8)
        #expect(answer.stages.first { $0.name == "item-features" }?.skipped == "failed")
    }

    /// Equal features change nothing; an item that is of another kind now is scored as if it had always been.
    @Test func theRankingModelTakesWhatIsFresh() async throws {
        let yaml = "filters: []"
        let same = ToldItems(["kind"]) { item, _ in .string("kind \(SmallShop.kind(ofItem: item))") }
        let own = await (try SmallShop.shared.get().pipeline("{category: kind, deadline-ms: 60000, \(yaml)}"))
            .answer(PipelineRequest(user: "u1", k: 30))
        let answer = await (try pipeline(yaml, same)).answer(PipelineRequest(user: "u1", k: 30))
        #expect(answer.items == own.items)
        let moved = ToldItems(["kind"]) { item, _ in
            item == own.ids[0] ? .string("kind 2") : .string("kind \(SmallShop.kind(ofItem: item))")
        }
        let other = await (try pipeline(yaml, moved)).answer(PipelineRequest(user: "u1", k: 30))
        func scores(_ answer: PipelineAnswer) -> [String: Float] {
            Dictionary(uniqueKeysWithValues: zip(answer.ids, answer.items.map(\.score)))
        }
        let (before, after) = (scores(own), scores(other))
        for (id, score) in after where before[id] != nil {
            #expect((before[id] == score) == (id != own.ids[0]))
        }
    }

    /// What was read is read again only when it changed; and what the models make of it is the same as if it were read.
    @Test func whatIsKnownIsReadAgainWhenItChanges() async throws {
        let source = FeatureChanges(isHeard: true)
        let moved = Mutex<String?>(nil)
        let kept = ToldItems(["kind"], source) { item, _ in
            .string("kind \(moved.withLock { $0 == item } ? 2 : SmallShop.kind(ofItem: item))")
        }
        let (pipeline, request) = (try pipeline("filters: []", kept), PipelineRequest(user: "u1", k: 30))
        func count() -> Int { kept.reads.withLock { reads in reads.reduce(0) { $0 + $1.count } } }
        let first = await pipeline.answer(request)
        let all = count()
        #expect(await pipeline.answer(request).items == first.items)
        #expect(all > 0 && count() == all)

        let item = first.ids[0]
        moved.withLock { $0 = item }
        #expect(await pipeline.answer(request).items == first.items)
        source.tell([Array(item.utf8), Array("no item".utf8)])
        let second = await pipeline.answer(request)
        #expect(count() == all + 1 && kept.reads.withLock { $0.last } == [item])
        #expect(second.items != first.items)
        // Kept as well: something else than the bundle has.
        #expect(await pipeline.answer(request).items == second.items && count() == all + 1)
        let fresh = ToldItems(["kind"]) { asked, _ in
            .string("kind \(asked == item ? 2 : SmallShop.kind(ofItem: asked))")
        }
        #expect(await (try self.pipeline("filters: []", fresh)).answer(request).items == second.items)

        source.reset(isHeard: false)
        for times in 1...2 {
            #expect(await pipeline.answer(request).items == second.items)
            #expect(count() == all + 1 + times * all)
        }
    }

    /// A change that comes while its item is being read is not lost on what is kept.
    @Test func whatChangesWhileItIsReadIsNotKept() async throws {
        let source = FeatureChanges(isHeard: true)
        let stock = Mutex<Int64>(3)
        let reader = ToldItems(["stock"], source) { item, _ in
            defer { if item == "i3" { source.tell([Array(item.utf8)]) } }
            return .int64(item == "i3" ? stock.withLock { $0 } : 3)
        }
        let pipeline = try pipeline("filters: [stock], sources: [trending: {take: 60}], merge: {limit: 60}", reader)
        let request = PipelineRequest(user: "nobody", k: 60)
        #expect(await pipeline.answer(request).ids.contains("i3"))
        stock.withLock { $0 = 0 }
        #expect(await !pipeline.answer(request).ids.contains("i3"))
        #expect(reader.reads.withLock { $0.contains(["i3"]) })
    }
}
