import Core
import Evaluation
import Pipeline
import Project
import Stores
import Testing

/// What a report counts, by hand.
@Suite struct ExperimentLogTests {
    private func experiment(_ yaml: String) throws -> ExperimentConfiguration {
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: "experiments: {x: \(yaml)}", file: "martlet.yml")
        var fields = ConfigurationFields(node, path: "pipeline", diagnostics: diagnostics)
        let pipeline = PipelineConfiguration(&fields, models: [.init(name: "popularity", kind: "popularity")])
        try diagnostics.throwIfAny()
        return try #require(pipeline.plan.experiments.first)
    }

    private func answer(
        _ request: String, _ user: String, at second: Int64, _ variant: String, _ items: [String],
        teams: [String?]? = nil
    ) -> LoggedAnswer {
        var answer = LoggedAnswer(
            id: request, request: request, user: user, time: second * 1_000_000, version: 1,
            items: items.enumerated().map { .init(item: $1, score: 0, team: teams?[$0]) })
        answer.variants["x"] = variant
        return answer
    }

    private func event(
        _ kind: Event.Kind, _ user: String, _ item: String, at second: Int64, request: String? = nil
    ) -> Event {
        Event(id: "", kind: kind, user: user, item: item, time: second * 1_000_000, request: request)
    }

    @Test func deedsAreCreditedOnceToWhatWasShownLast() throws {
        let answers = [
            answer("r1", "u1", at: 0, "a", ["i", "j"]), answer("r2", "u1", at: 50, "a", ["j", "k"]),
            answer("r3", "u2", at: 0, "b", ["i", "j"]), answer("r4", "u3", at: 0, "a", ["i"]),
            answer("r5", "u3", at: 1, "b", ["i"]), answer("r6", "u4", at: 0, "gone", ["i"]),
        ]
        let events = [
            event(.click, "u1", "j", at: 60),  // the later answer
            event(.click, "u1", "j", at: 61, request: "r1"),  // the one that is named
            event(.purchase, "u1", "i", at: 99),  // within the window of r1
            event(.purchase, "u1", "k", at: 200),  // after the window: an order, of nothing shown
            event(.click, "u2", "k", at: 5),  // never shown
            event(.click, "u2", "i", at: -5),  // before it was shown
            event(.purchase, "u2", "j", at: -1), event(.purchase, "u2", "z", at: 7),
            event(.click, "u9", "i", at: 5),
        ]
        let log = ExperimentLog(answers: answers, events: events, experiments: ["x"], window: 100)
        let report = try log.report(on: experiment("{variants: {a: {}, b: {k: 3}}, metric: buyers}"))
        #expect(report.metrics == ["buyers", "clicks", "purchases", "orders"])
        #expect(report.variants.map(\.users) == [1, 1] && report.variants.map(\.impressions) == [4, 2])
        let (a, b) = (report.variants[0].metrics, report.variants[1].metrics)
        #expect(a["clicks"]?.value == 0.5 && a["purchases"]?.value == 0.25 && a["buyers"]?.value == 1)
        #expect(a["orders"]?.value == 2)
        #expect(b["clicks"]?.value == 0 && b["purchases"]?.value == 0 && b["orders"]?.value == 1)
        #expect(report.notes.contains { $0.hasPrefix("1 users were shown several variants") })
        #expect(report.notes.contains { $0.contains("no longer names") })
        #expect(report.terminalText.contains("buyers"))
    }

    @Test func creditGoesToTheTeam() throws {
        let answers = [
            answer("r1", "u1", at: 0, "a+b", ["i", "j", "k"], teams: ["a", "b", "b"]),
            answer("r2", "u2", at: 0, "a+b", ["j", "i"], teams: ["b", "a"]),
        ]
        let events = [
            event(.click, "u1", "j", at: 1), event(.click, "u1", "k", at: 2), event(.click, "u1", "i", at: 3),
            event(.purchase, "u2", "i", at: 4),
        ]
        let log = ExperimentLog(answers: answers, events: events, experiments: ["x"], window: 100)
        let report = try log.report(on: experiment("{kind: interleave, variants: {a: {}, b: {k: 3}}}"))
        #expect(report.interleaving.map(\.metric) == ["clicks", "purchases"])
        #expect(report.interleaving[0].credits == [1, 2] && report.interleaving[0].votes == [0, 1, 1])
        #expect(report.interleaving[1].credits == [1, 0] && report.interleaving[1].votes == [1, 0, 1])
    }

    @Test func whatCannotBeEstimatedIsSaid() throws {
        let shadow = try experiment("{kind: shadow, variants: {v: {k: 3}}}")
        var plain = answer("r1", "u1", at: 0, "a", ["i"])
        plain.shadows = [.init(experiment: "x", items: ["j"], propensities: [0], seconds: 0.1)]
        let log = ExperimentLog(answers: [plain], events: [], experiments: ["x"], window: 1)
        let found = try log.estimate(shadow)
        #expect(found.estimate == nil && found.overlap == 0 && found.seconds == 0.1)
        #expect(found.notes.contains { $0.hasPrefix("1 of 1 answers are left out: their order was not drawn") })
        #expect(throws: MartletError.self) { try log.report(on: shadow) }
        #expect(throws: MartletError.self) { try log.estimate(experiment("{variants: {a: {}, b: {k: 3}}}")) }
        #expect(throws: MartletError.self) {
            try ExperimentLog(impressions: "/nowhere", events: nil, experiments: ["x"], window: 1)
        }
    }
}
