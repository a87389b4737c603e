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
            "{deadline-ms: 400}",
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
