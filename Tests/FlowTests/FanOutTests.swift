import Core
import Flow
import FoundationEssentials
import Synchronization
import Testing

@Suite struct FanOutTests {
    private let scratch: Scratch
    private let store: RunStore
    private let counter = Counter()

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func squares(_ numbers: [Int]) throws -> FlowGraph {
        let counter = counter
        var flow = FlowDefinition("squares")
        let found = flow.step("numbers", StepOptions(parameters: .array(numbers.map { .integer(Int64($0)) }))) { _ in
            counter.add("numbers")
            return numbers
        }
        let parts = flow.fanOut("square", over: found) { number, context in
            counter.add("square")
            try AtomicFile.write("\(number)²", to: try context.output("text"))
            return (0..<number).map { number * 10 + $0 }
        }
        let inner = flow.fanOut("digit", over: parts) { number, digit, _ in
            counter.add("digit")
            return digit % 10 * number
        }
        flow.step("sum", after: [parts, inner]) { context in
            let texts = try context.branches(of: parts).map { try contents(context.input($0, "text")) }
            let joined = try context.inputs("text").map { try contents($0.path) }
            #expect(texts == joined)
            let digits = try context.branches(of: inner)
            #expect(digits.allSatisfy { $0.value == $0.element.inner % 10 * $0.element.outer })
            return texts + ["\(digits.map(\.value).reduce(0, +))"]
        }
        return try flow.graph()
    }

    @Test func fansOutOverWhatEarlierStepsFoundAndWithinThat() async throws {
        let first = try await FlowRunner(store: store).run(try squares([2, 3]))
        try first.check()
        // 2·(0+1) + 3·(0+1+2)
        #expect(try store.result(run: first.run, step: "sum")?.value == ["2²", "3²", "11"])
        let names = first.steps.map(\.name)
        #expect(names.prefix(4) == ["numbers", "square", "square[2]", "square[3]"])
        #expect(try store.steps(run: first.run).map(\.name) == names)
        #expect(try store.steps(run: first.run).filter { $0.parent == "digit" }.count == 5)
        // One more number: what was squared before is taken from the store.
        let second = try await FlowRunner(store: store).run(try squares([2, 3, 1]))
        try second.check()
        #expect(counter("square") == 3 && counter("digit") == 6)
        // None: nothing to do is no failure.
        let none = try await FlowRunner(store: store).run(try squares([]))
        try none.check()
        #expect(try store.result(run: none.run, step: "sum")?.value == ["0"])
    }

    @Test func aChangedBranchChangesTheJoin() async throws {
        let word = Mutex("a")
        let graph = try FlowGraph(
            name: "f",
            steps: [
                Step.fanOut("part", dependencies: []) { _ in
                    [
                        Step("part[0]", isMemoised: false) {
                            try AtomicFile.write(word.withLock { $0 }, to: $0.output("o"))
                        }
                    ]
                },
                Step("join", dependencies: ["part"]) { context in
                    context.setValue(.string(try contents(try context.inputs("o")[0].path)))
                },
            ])
        _ = try await FlowRunner(store: store).run(graph)
        word.withLock { $0 = "b" }
        let second = try await FlowRunner(store: store).run(graph)
        #expect(try store.result(run: second.run, step: "join")?.value == "b")
    }

    @Test func aCaughtFailureLeavesTheOthersAndIsTriedAgainOnResume() async throws {
        let isBroken = Atomic(true)
        var flow = FlowDefinition("f")
        let parts = flow.fanOut("part", over: [1, 2, 3], StepOptions(catches: true)) { number, _ in
            if number == 2, isBroken.load(ordering: .relaxed) { throw MartletError(.unavailable, "no luck") }
            return number
        }
        flow.step("sum", after: [parts]) { context in
            let reasons = try context.failures(of: parts).map(\.reason)
            return "\(try context.branches(of: parts).map(\.value)) \(reasons)"
        }
        let runner = FlowRunner(store: store)
        let first = try await runner.run(try flow.graph())
        try first.check()
        #expect(first.steps.first { $0.name == "part[2]" }?.state == .caught)
        #expect(try store.result(run: first.run, step: "sum")?.value == "[1, 3] [\"no luck\"]")
        isBroken.store(false, ordering: .relaxed)
        let second = try await runner.run(try flow.graph(), resume: first.run)
        #expect(try store.result(run: second.run, step: "sum")?.value == "[1, 2, 3] []")
    }

    @Test func repeatsFromAChosenStepAndWhatIsBehindIt() async throws {
        let counter = counter
        func step(_ name: String, _ dependencies: String...) -> Step {
            Step(name, dependencies: dependencies) { _ in counter.add(name) }
        }
        let graph = try FlowGraph(
            name: "f", steps: [step("a"), step("b", "a"), step("c", "b"), step("d", "a")])
        let first = try await FlowRunner(store: store).run(graph)
        let second = try await FlowRunner(store: store).run(graph, resume: first.run, from: "b")
        try second.check()
        #expect(["a", "b", "c", "d"].map { counter($0) } == [1, 2, 2, 1])
        let error = await #expect(throws: MartletError.self) {
            try await FlowRunner(store: store).run(graph, resume: first.run, from: "bb")
        }
        #expect(error?.hint?.contains("did you mean") == true)
    }

    @Test func coresBoundWhatRunsAtOnce() async throws {
        let most = Mutex((now: 0, most: 0))
        let steps = (0..<6).map { index in
            Step("s\(index)", cores: index % 3 + 1) { _ in
                most.withLock {
                    $0.now += index % 3 + 1
                    $0.most = max($0.most, $0.now)
                }
                try await Task.sleep(for: .milliseconds(20))
                most.withLock { $0.now -= index % 3 + 1 }
            }
        }
        try await FlowRunner(store: store, maximumParallel: 3).run(FlowGraph(name: "f", steps: steps)).check()
        #expect(most.withLock { $0.most } == 3)
    }

    @Test func aFanOutThatCannotBeIsExplained() async throws {
        let steps = [
            Step("a") { _ in },
            Step.fanOut("b", dependencies: []) { _ in [Step("a") { _ in }] },
            Step("c", dependencies: ["b"]) { _ in },
        ]
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: steps))
        #expect(summary.state == .failed && summary.steps.last?.state == .skipped)
        #expect((summary.failure as? MartletError)?.message.contains("which there is already") == true)
    }

    @Test func readingAValueThatNobodySetIsExplained() async throws {
        let steps = [
            Step("quiet") { _ in },
            Step("b", dependencies: ["quiet"]) { _ = try $0.value(of: "quiet", as: Int.self) },
        ]
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: steps))
        #expect((summary.failure as? MartletError)?.message.contains("step 'quiet' set no value") == true)
    }

    @Test func parametersAreCheckedByNameAndKind() throws {
        let declared = [FlowParameter("epochs", 3), FlowParameter("rate", 0.1), FlowParameter("data", "demo")]
        let values = try FlowParameters(declared, given: ["epochs": "5", "data": "7"])
        #expect(values.integer("epochs") == 5 && values.number("rate") == 0.1 && values.text("data") == "7")
        let unknown = #expect(throws: MartletError.self) { try FlowParameters(declared, given: ["epoch": "5"]) }
        #expect(unknown?.hint == "did you mean 'epochs'?")
        let wrong = #expect(throws: MartletError.self) { try FlowParameters(declared, given: ["epochs": "many"]) }
        #expect(wrong?.message == "parameter 'epochs' must be a whole number, found 'many'")
    }

    @Test func aProgramRunsResumesAndLists() async throws {
        let counter = counter
        let program = FlowProgram("p", store: scratch.path + "/own", parameters: [FlowParameter("n", 2)]) {
            parameters in
            let most = parameters.integer("n")
            var flow = FlowDefinition("p")
            flow.step("count", StepOptions(parameters: .integer(Int64(most)))) { _ in
                counter.add("count")
                return most
            }
            return try flow.graph()
        }
        let text = try await program.run(["run", "--n", "4", "--tag", "good=yes", "--namespace", "team"])
        #expect(text.contains("finished"))
        let own = try RunStore(folder: scratch.path + "/own")
        let run = try #require(try own.runs().first)
        #expect(run.parameters == ["n": 4] && run.namespace == "team")
        #expect(try own.tags(run: run.id) == ["good": "yes"])
        _ = try await program.run(["resume", run.id, "--from", "count"])
        #expect(counter("count") == 2)
        #expect(try await program.run(["runs", run.id]).hasPrefix("count  finished"))
        await #expect(throws: MartletError.self) { try await program.run(["run", "--m", "4"]) }
    }
}
