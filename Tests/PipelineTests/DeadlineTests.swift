import Core
import Features
import Pipeline
import Testing

/// A source that does what a test tells it.
private struct OddSource: CandidateSource {
    var name = "odd"
    var isImmediate = false
    var work: @Sendable () async throws -> [[ScoredItem]]

    func propose(_ batch: RequestBatch) async throws -> [[ScoredItem]] { try await work() }
}

/// Features that a test makes up.
private struct ToldFeatures: FeatureReader {
    var work: @Sendable ([String]) async throws -> [FreshFeatures?]

    func features(ofUsers users: [String]) async throws -> [FreshFeatures?] { try await work(users) }
}

@Suite struct FeatureTests {
    private func answer(
        _ users: [String], _ work: (@Sendable ([String]) async throws -> [FreshFeatures?])?
    ) async throws -> [PipelineAnswer] {
        let shop = try SmallShop.shared.get()
        let configuration = try SmallShop.configuration("{deadline-ms: 60000, filters: []}")
        let bundle = try ServedBundle(folder: shop.bundles.path(version: 1), configuration: configuration)
        let pipeline = RecommendationPipeline(
            configuration, bundle: bundle, activity: NoActivity(), features: work.map { ToldFeatures(work: $0) })
        return await pipeline.answers(to: users.map { PipelineRequest(user: $0) }, wall: SmallShop.end)
    }

    /// A stranger with the region of a known user is to the models a stranger from there, whatever the dataset says.
    @Test func freshFeaturesTakeThePlaceOfTheBundles() async throws {
        let own = try await answer(["u2", "nobody"], nil)
        let same = try await answer(["u2", "nobody"]) { _ in [.init(values: ["region": "region 2"]), nil] }
        #expect(same.map(\.ids) == own.map(\.ids) && same[0].items == own[0].items)
        let moved = try await answer(["u2", "nobody"]) { _ in [.init(values: ["region": "region 3"]), nil] }
        #expect(moved[0].items.map(\.score) != own[0].items.map(\.score) && moved[1].items == own[1].items)
    }

    @Test func featuresThatCannotBeReadAreDoneWithout() async throws {
        let own = try await answer(["u2"], nil)
        for work: @Sendable ([String]) async throws -> [FreshFeatures?] in [
            { _ in throw MartletError(.unavailable, "the store is down") }, { _ in [] },
            { _ in [.init(values: ["region": .number(.nan)])] }, { _ in [.init(values: ["region": [1]])] },
        ] {
            let answer = try await answer(["u2"], work)[0]
            let stage = answer.stages.first { $0.name == "features" }
            #expect(stage?.skipped == "failed" && answer.items == own[0].items)
        }
    }
}

@Suite struct DeadlineTests {
    private func answer(
        _ yaml: String, _ source: OddSource? = nil, explain: Bool = false
    ) async throws -> PipelineAnswer {
        let pipeline = try SmallShop.shared.get().pipeline(yaml, sources: source.map { [$0] } ?? [])
        var request = PipelineRequest(user: "u1")
        request.explains = explain
        return await pipeline.answer(request)
    }

    private func outcome(_ stage: String, _ answer: PipelineAnswer) -> StageReport.Outcome? {
        answer.stages.first { $0.name == stage }?.outcome
    }

    @Test func aSourceThatSleepsIsLeftBehindAndNamed() async throws {
        let start = ContinuousClock.now
        let answer = try await answer(
            "{deadline-ms: 12000}",
            OddSource {
                try await Task.sleep(for: .seconds(60))
                return [[]]
            })
        #expect(outcome("source.odd", answer) == .late)
        #expect(answer.items.count == 12 && outcome("rank", answer) == .done)
        // Half of the time is the sources'; no more than all of it and what a busy machine adds.
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func aSourceThatFailsIsNamedAndDoneWithout() async throws {
        for isImmediate in [true, false] {
            let answer = try await answer(
                "{deadline-ms: 60000}",
                OddSource(isImmediate: isImmediate) { throw MartletError(.unavailable, "the rules cannot be reached") })
            #expect(outcome("source.odd", answer) == .failed("the rules cannot be reached"))
            #expect(answer.items.count == 12)
        }
    }

    @Test func aSourceInTimeIsHeard() async throws {
        let item = try #require(try SmallShop.shared.get().data.items.index(of: "new1"))
        let answer = try await answer(
            "{deadline-ms: 60000, sources: [list: {take: 1}], rank: none, filters: []}",
            OddSource { [[ScoredItem(item: Int32(item), score: 1)]] }, explain: true)
        #expect(answer.ids.prefix(2).contains("new1"))
        let told = answer.explanation?.items.first { $0.index == Int32(item) }
        #expect(told?.proposals.map(\.source) == ["odd"] && told?.proposals.first?.rank == 1)
    }

    /// Whatever a source of somebody else's says, the answer holds.
    @Test(arguments: 0..<5) func nonsenseFromASourceDoesNoHarm(number: Int) async throws {
        func item(_ item: Int32, _ score: Float) -> ScoredItem { ScoredItem(item: item, score: score) }
        let nonsense: [[[ScoredItem]]] = [
            [], [[], []], [[item(.max, 1), item(-1, 1)]], [[item(3, .nan), item(3, .infinity), item(4, 1)]],
            [(0..<42).map { item($0, -.infinity) }],
        ]
        let answer = try await answer("{deadline-ms: 60000, rank: none}", OddSource { nonsense[number] })
        #expect(answer.items.count == 12 && Set(answer.ids).count == 12)
    }

    @Test func withoutTimeThereIsWhatSells() async throws {
        let pipeline = try SmallShop.shared.get().pipeline("{deadline-ms: 1}")
        let clock = RequestClock(start: .now - .seconds(1), seconds: 0.001)
        let answer = await pipeline.answers(
            to: [PipelineRequest(user: "u1")], wall: SmallShop.end, clock: clock)[0]
        #expect(outcome("source.tower", answer) == .late && outcome("rank", answer) == .late)
        #expect(answer.items.count == 12 && answer.fallback == "no-candidates")
        #expect(answer.stages.contains { $0.name == "fallback" && $0.candidatesOut == 12 })
    }
}
