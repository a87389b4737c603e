import Core
import Flow
import FoundationEssentials
import Synchronization
import Testing

@Suite struct FlowRunnerTests {
    private let scratch: Scratch
    private let store: RunStore
    private let counter = Counter()

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    /// Two steps: `a` writes a file and a folder, `b` reads both.
    private func chain(word: String = "one", code: String = "1") throws -> FlowGraph {
        let counter = counter
        return try FlowGraph(
            name: "chain",
            steps: [
                Step("a", parameters: ["word": .string(word)], codeVersion: code) { context in
                    counter.add("a")
                    try AtomicFile.write("word \(word.count)", to: try context.output("file"))
                    let folder = try context.output("folder")
                    try FileManager.default.createDirectory(
                        atPath: "\(folder)/deep/empty", withIntermediateDirectories: true)
                    try AtomicFile.write("x", to: "\(folder)/deep/x")
                    try AtomicFile.write("word \(word.count)", to: "\(folder)/same")
                    context.setValue(["length": .integer(Int64(word.count))])
                },
                Step("b", dependencies: ["a"]) { context in
                    counter.add("b")
                    let text = try contents(try context.input("a", "file"))
                    let folder = try context.input("a", "folder")
                    let length = try context.value(of: "a")["length"]?.integer ?? 0
                    try AtomicFile.write(
                        "\(text) \(try contents("\(folder)/deep/x")) \(length)", to: try context.output("out"))
                },
            ])
    }

    @Test func handsArtifactsAndValuesOn() async throws {
        let summary = try await FlowRunner(store: store).run(try chain(), parameters: ["seed": 7])
        try summary.check()
        let path = try store.path(run: summary.run, step: "b", artifact: "out")
        #expect(try contents(path) == "word 3 x 3")
        let record = try store.run(summary.run)
        #expect(record.state == .finished && record.parameters == ["seed": 7])
        #expect(try store.steps(run: summary.run).map(\.state) == [.finished, .finished])
        #expect(try store.verify().isEmpty)
    }

    @Test func takesUnchangedStepsFromTheStoreAndSaysSo() async throws {
        let first = try await FlowRunner(store: store).run(try chain())
        let lines = Lines()
        let second = try await FlowRunner(store: store, progress: lines).run(try chain())
        #expect(second.steps.map(\.state) == [.reused, .reused])
        #expect(lines.all.first == "end a: unchanged, taken from run \(first.run)")
        #expect(counter("a") == 1 && counter("b") == 1)
    }

    @Test func repeatsAStepWhoseCodeOrParametersChanged() async throws {
        _ = try await FlowRunner(store: store).run(try chain())
        // The same length, so that a's artifacts come out the same: b is unchanged although a ran again.
        let other = try await FlowRunner(store: store).run(try chain(word: "two"))
        #expect(other.steps.map(\.state) == [.finished, .reused])
        let newer = try await FlowRunner(store: store).run(try chain(word: "two", code: "2"))
        #expect(newer.steps.map(\.state) == [.finished, .reused])
        let longer = try await FlowRunner(store: store).run(try chain(word: "three"))
        #expect(longer.steps.map(\.state) == [.finished, .finished])
    }

    @Test func resumesAfterAFailureWithoutRepeating() async throws {
        let isBroken = scratch.path + "/broken"
        try AtomicFile.write("", to: isBroken)
        let counter = counter
        let graph = try FlowGraph(
            name: "f",
            steps: [
                Step("a", isMemoised: false) { _ in counter.add("a") },
                Step("b", dependencies: ["a"]) { context in
                    counter.add("b")
                    try AtomicFile.write("kept", to: context.checkpointFolder + "/state\(context.attempt)")
                    if FileManager.default.fileExists(atPath: isBroken) {
                        throw MartletError(.unavailable, "the warehouse is down")
                    }
                    #expect(FileManager.default.fileExists(atPath: context.checkpointFolder + "/state1"))
                    #expect(context.attempt == 2)
                },
                Step("c", dependencies: ["b"]) { _ in counter.add("c") },
                Step("d") { _ in counter.add("d") },
            ])
        let runner = FlowRunner(store: store)
        let first = try await runner.run(graph)
        #expect(first.state == .failed)
        #expect(first.steps.map(\.state) == [.finished, .failed, .skipped, .finished])
        #expect(throws: MartletError.self) { try first.check() }
        #expect(try store.run(first.run).message == "the warehouse is down")
        try FileManager.default.removeItem(atPath: isBroken)
        let second = try await runner.run(graph, resume: first.run)
        #expect(second.state == .finished && second.run == first.run)
        #expect(second.steps.map(\.wasDone) == [true, false, false, true])
        #expect([counter("a"), counter("b"), counter("c"), counter("d")] == [1, 2, 1, 1])
        // Not memoised: a new run computes it anew, and its dependents keep their results only if nothing changed.
        _ = try await runner.run(graph)
        #expect(counter("a") == 2)
    }

    @Test func fansOutAndJoins() async throws {
        let branches = (1...5).map { (label: "x=\($0)", parameters: JSONValue.integer(Int64($0))) }
        let points = Step.fanOut("train", over: branches) { name, parameters in
            Step(name, parameters: parameters) { context in
                let square = (context.parameters.integer ?? 0) * (context.parameters.integer ?? 0)
                try AtomicFile.write("\(square)", to: try context.output("model"))
                for epoch in 0..<3 { try context.log("loss", Double(square) / Double(epoch + 1), at: epoch) }
            }
        }
        let join = Step("join", dependencies: points.map(\.name)) { context in
            let models = try context.inputs("model")
            let text = try models.map { "\($0.step):\(try contents($0.path))" }.joined(separator: " ")
            try AtomicFile.write(text, to: try context.output("all"))
        }
        let summary = try await FlowRunner(store: store, maximumParallel: 3).run(
            try FlowGraph(name: "grid", steps: points + [join]))
        try summary.check()
        let all = try contents(try store.path(run: summary.run, step: "join", artifact: "all"))
        #expect(all == "train[x=1]:1 train[x=2]:4 train[x=3]:9 train[x=4]:16 train[x=5]:25")
        let curve = try store.metrics(run: summary.run, step: "train[x=4]", name: "loss")
        #expect(curve.map(\.index) == [0, 1, 2] && curve.map(\.value) == [16, 8, 16.0 / 3])
    }

    /// Needs of 60 each don't fit beside each other into 100; small ones pass by, and one that never fits runs alone.
    @Test func stepsThatNeedTooMuchMemoryTogetherWait() async throws {
        let needs = ["a": 60, "b": 60, "c": 60, "small": 40, "huge": 500]
        let running = Mutex<(now: Int, most: Int, alone: [Int])>((0, 0, []))
        let steps = ["a", "b", "c", "small", "huge"].map { name in
            Step(name, memory: { _ in needs[name]! }) { _ in
                running.withLock {
                    $0.now += needs[name]!
                    if $0.now < 500 { $0.most = max($0.most, $0.now) }
                }
                try await Task.sleep(for: .milliseconds(60))
                running.withLock {
                    if name == "huge" { $0.alone.append($0.now) }
                    $0.now -= needs[name]!
                }
            }
        }
        let runner = FlowRunner(store: store, maximumParallel: 5, maximumMemory: 100)
        try await runner.run(try FlowGraph(name: "memory", steps: steps)).check()
        #expect(running.withLock { $0.most } == 100, "two that fit ran side by side, and no more")
        #expect(running.withLock { $0.alone } == [500])
    }

    @Test func retriesWithBackOff() async throws {
        let counter = counter
        let lines = Lines()
        let step = Step("flaky", retries: RetryPolicy(count: 3, initial: .milliseconds(5))) { context in
            counter.add("flaky")
            if context.attempt < 3 { throw MartletError(.unavailable, "not yet") }
        }
        let summary = try await FlowRunner(store: store, progress: lines).run(FlowGraph(name: "f", steps: [step]))
        #expect(summary.state == .finished && counter("flaky") == 3)
        #expect(lines.all.contains { $0.contains("attempt 2 of 4 failed: not yet; again in 0.01 s") })
    }

    @Test func endsAStepThatTakesTooLong() async throws {
        let step = Step("slow", timeLimit: .milliseconds(50)) { context in
            while !context.isCancelled { try await Task.sleep(for: .milliseconds(5)) }
            throw CancellationError()
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: [step]))
        #expect(summary.state == .failed)
        #expect((summary.failure as? MartletError)?.message.contains("time limit") == true)
    }

    @Test func aCancelledRunResumes() async throws {
        let counter = counter
        let begun = AsyncStream.makeStream(of: Void.self)
        let graph = try FlowGraph(
            name: "f",
            steps: [
                Step("quick") { _ in counter.add("quick") },
                Step("slow", dependencies: ["quick"]) { _ in
                    counter.add("slow")
                    begun.continuation.yield()
                    if counter("slow") == 1 { try await Task.sleep(for: .seconds(60)) }
                },
            ])
        let runner = FlowRunner(store: store)
        let task = Task { try await runner.run(graph) }
        for await _ in begun.stream { break }
        task.cancel()
        let summary = try await task.value
        #expect(summary.state == .cancelled && summary.steps.map(\.state) == [.finished, .cancelled])
        #expect(throws: MartletError.self) { try summary.check() }
        let second = try await runner.run(graph, resume: summary.run)
        #expect(second.state == .finished && counter("quick") == 1 && counter("slow") == 2)
    }

    @Test func asksWhetherEffectsOutsideStillStand() async throws {
        let (table, counter) = (scratch.path + "/table", counter)
        let step = Step(
            "load", fingerprint: { .string(try contents(table + ".csv")) },
            validity: { result in (try? contents(table)) == result.value.string },
            body: { context in
                counter.add("load")
                try AtomicFile.write(try contents(table + ".csv"), to: table)
                context.setValue(.string(try contents(table)))
            })
        let graph = try FlowGraph(name: "f", steps: [step])
        let runner = FlowRunner(store: store)
        try AtomicFile.write("1", to: table + ".csv")
        for _ in 0..<2 { try await runner.run(graph).check() }
        #expect(counter("load") == 1)
        try FileManager.default.removeItem(atPath: table)
        try await runner.run(graph).check()
        #expect(counter("load") == 2)
        try AtomicFile.write("2", to: table + ".csv")
        try await runner.run(graph).check()
        #expect(counter("load") == 3)
    }

    @Test func saysWhenAnAnnouncedArtifactIsMissing() async throws {
        let step = Step("a") { context in _ = try context.output("model") }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: [step]))
        #expect((summary.failure as? MartletError)?.message.contains("did not write it") == true)
    }

    @Test func readsOnlyFromDependencies() async throws {
        let steps = [Step("load") { _ in }, Step("b", dependencies: ["load"]) { _ = try $0.input("laod", "x") }]
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: steps))
        #expect((summary.failure as? MartletError)?.hint == "did you mean 'load'?")
    }

    @Test func runsIndependentStepsAtTheSameTimeUpToTheBound() async throws {
        // Each body waits until it has seen another one running: only possible if two run at once.
        let counter = counter
        let steps = (0..<2).map { index in
            Step("s\(index)", timeLimit: .seconds(20)) { _ in
                counter.add("in")
                while counter("in") < 2 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
        try await FlowRunner(store: store, maximumParallel: 2).run(FlowGraph(name: "f", steps: steps)).check()
    }

    @Test func twoRunsAtOnceDoNotDisturbEachOther() async throws {
        let steps = (0..<12).map { index in
            Step("s\(index)", dependencies: index == 0 ? [] : ["s\(index - 1)"]) { context in
                try AtomicFile.write("\(index)", to: try context.output("o"))
                try context.log("m", Double(index))
            }
        }
        let graph = try FlowGraph(name: "f", steps: steps)
        let other = try scratch.store()
        async let first = FlowRunner(store: store).run(graph)
        async let second = FlowRunner(store: other).run(graph)
        let ends = try await [first, second]
        #expect(ends.allSatisfy { $0.state == .finished } && ends[0].run != ends[1].run)
        #expect(try store.verify().isEmpty && store.runs().count == 2)
    }

    @Test func refusesARunThatALiveProcessWorksOn() async throws {
        let store = store
        let graph = try FlowGraph(
            name: "f",
            steps: [
                Step("self") { context in
                    let again = try FlowGraph(name: "f", steps: [Step("self") { _ in }])
                    _ = try await FlowRunner(store: store).run(again, resume: context.run)
                }
            ])
        let summary = try await FlowRunner(store: store).run(graph)
        #expect((summary.failure as? MartletError)?.code == .busy)
    }

    @Test func findsARunByItsBeginningOrSuggestsOne() async throws {
        let summary = try await FlowRunner(store: store).run(try chain())
        #expect(try store.run(String(summary.run.suffix(4))).id == summary.run)
        #expect(try store.run(String(summary.run.prefix(10))).id == summary.run)
        let error = #expect(throws: MartletError.self) { try store.run(String(summary.run.dropLast()) + "!") }
        #expect(error?.hint == "did you mean '\(summary.run)'?")
    }
}
