import Core
import Flow
import FoundationEssentials
import Testing

@Suite struct TrackingTests {
    private let scratch: Scratch
    private let store: RunStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func run(_ name: String = "train", body: @escaping Step.Body) async throws -> String {
        let summary = try await FlowRunner(store: store).run(
            FlowGraph(name: "f", steps: [Step(name, isMemoised: false, body: body)]))
        try summary.check()
        return summary.run
    }

    private static func value(_ index: Int) -> Double { Double((index * 7919) % 1000) - 300 }

    /// Down-sampled while it is written, over many flushes: the same groups as cutting the whole series at once.
    @Test(arguments: [1, 200, 256, 257, 1000, 70_001])
    func curvesAreTheSeriesCutIntoGroups(count: Int) async throws {
        let run = try await run { context in
            for index in 0..<count { try context.log("loss", Self.value(index), at: index) }
        }
        let series = try #require(try store.series(run: run, name: "loss").first)
        let values = (0..<count).map(Self.value)
        #expect(series.count == count && series.last == values[count - 1])
        #expect(series.minimum == values.min() && series.maximum == values.max())
        #expect(series.minimumIndex == Int64(values.firstIndex(of: values.min()!)!))
        let curve = try #require(try store.curves(named: "loss", runs: [run]).first)
        #expect(curve.indices.count <= 256 && (count > 256 || curve.means == values))
        // A group ends at each index of the curve.
        var start = 0
        for (group, end) in curve.indices.enumerated() {
            let part = values[start...Int(end)]
            #expect(curve.minima[group] == part.min() && curve.maxima[group] == part.max())
            #expect(abs(curve.means[group] - part.reduce(0, +) / Double(part.count)) < 1e-9)
            start = Int(end) + 1
        }
        #expect(start == count)
        let small = try #require(try store.curves(named: "loss", points: 10).first)
        #expect(small.indices.count <= 10 && small.indices.last == Int64(count - 1))
        #expect(small.maxima.max() == values.max())
        #expect(try store.metrics(run: run, name: "loss").map(\.value) == values)
    }

    @Test func pointsOutOfOrderFindTheirPlacesAndTheLastCounts() async throws {
        let run = try await run { context in
            for index in (0..<2000).reversed() { try context.log("m", Double(index), at: index * 3) }
            for index in 0..<10 { try context.log("m", -1, at: index * 3) }
            try context.log("m", .nan, at: 6000)
            try context.log("m", .infinity, at: 6003)
        }
        try store.append([MetricPoint(step: "train", name: "m", index: 3, value: 7, time: 0)], run: run)
        let points = try store.metrics(run: run, name: "m")
        #expect(points.map(\.index) == (0..<2002).map { Int64($0 * 3) })
        #expect(points[0].value == -1 && points[1].value == 7 && points[10].value == 10)
        #expect(points[2000].value.isNaN && points[2001].value == .infinity)
        let series = try #require(try store.series(run: run, name: "m").first)
        #expect(series.count == 2002 && series.minimum == -1 && series.maximum == .infinity)
    }

    @Test func trialsAreFoundByWhatTheyAreMadeOf() async throws {
        var runs: [String] = []
        for (rate, score) in [(0.1, 0.3), (0.2, 0.5), (0.4, 0.4)] {
            runs.append(
                try await run { context in
                    try context.record(
                        [Fact](.parameter, ["learning-rate": .number(rate), "tower": ["width": 8]])
                            + [Fact(.parameter, "kind", "mf")] + Machine.facts)
                    for epoch in 1...3 { try context.log("recall", score * Double(epoch % 3 + 1), at: epoch) }
                })
        }
        try store.tag(run: runs[1], ["good": "yes"])
        func found(_ conditions: String...) throws -> [String] {
            try store.trials(matching: TrialFilter(parsing: conditions)).map(\.run)
        }
        #expect(Set(try found()) == Set(runs))
        #expect(try found("learning-rate >= 0.2", "learning-rate<0.4") == [runs[1]])
        #expect(try found("max(recall) > 1.4") == [runs[1]])
        #expect(try found("recall=0.3") == [runs[0]])
        #expect(Set(try found("tower.width=8", "kind=mf", "tag.good!=yes")) == [runs[0], runs[2]])
        let trial = try #require(try store.trials(runs: [runs[0]]).first)
        #expect(trial.environment["cores"]?.integer ?? 0 > 0 && trial.use?.peakMemory ?? 0 > 0)
        #expect(trial.metrics["recall"]?.maximumIndex == 2)
        let error = #expect(throws: MartletError.self) { try TrialFilter(parsing: ["learning-rate"]) }
        #expect(error?.hint?.contains("NAME=VALUE") == true)
    }

    /// A run that takes a step from another run shows that run's trial.
    @Test func aTakenStepKeepsItsTrial() async throws {
        let step = Step("train") { context in
            try context.record([Fact(.parameter, "x", 1)])
            try context.log("loss", 1)
        }
        let graph = try FlowGraph(name: "f", steps: [step])
        let first = try await FlowRunner(store: store).run(graph)
        let second = try await FlowRunner(store: store).run(graph)
        #expect(second.steps[0].state == .reused)
        #expect(try store.trials(runs: [second.run]).map(\.run) == [first.run])
    }

    @Test func aLongStepTellsWhatItTakesOfTheMachine() async throws {
        let run = try await run { context in
            let end = ContinuousClock.now + .milliseconds(1300)
            var sum = 0
            while ContinuousClock.now < end { sum &+= 1 }
            context.setValue(.integer(Int64(sum & 1)))
        }
        let names = Set(try store.series(run: run).map(\.name))
        #expect(names.isSuperset(of: ["system/cpu", "system/memory"]))
        let use = try #require(try store.steps(run: run).first?.use)
        #expect(use.cpuSeconds > 0.2)
    }

    /// What an attempt logged before it was killed stays, if the next one does the same work.
    @Test func pointsOutliveAFailedAttempt() async throws {
        let step = Step("a", retries: RetryPolicy(count: 1, initial: .milliseconds(1))) { context in
            try context.log("loss", Double(context.attempt), at: context.attempt)
            if context.attempt == 1 { throw MartletError(.unavailable, "not yet") }
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: [step]))
        #expect(try store.metrics(run: summary.run, name: "loss").map(\.value) == [1, 2])
    }
}
