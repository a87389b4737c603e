import Core
import Flow
import Testing

@Suite struct FlowGraphTests {
    private func step(_ name: String, _ dependencies: String...) -> Step {
        Step(name, dependencies: dependencies) { _ in }
    }

    @Test func ordersStepsAfterWhatTheyDependOn() throws {
        let graph = try FlowGraph(name: "f", steps: [step("c", "b", "a"), step("b", "a"), step("d"), step("a")])
        #expect(graph.steps.map(\.name) == ["a", "b", "c", "d"])
    }

    @Test func ordersALongChainWithoutRecursion() throws {
        let steps = (0..<50_000).map { index in
            index == 0 ? step("s0") : step("s\(index)", "s\(index - 1)")
        }
        #expect(try FlowGraph(name: "f", steps: steps.reversed()).steps.map(\.name) == steps.map(\.name))
    }

    @Test func writesOutACycle() {
        let error = #expect(throws: MartletError.self) {
            try FlowGraph(name: "f", steps: [step("a", "c"), step("b", "a"), step("c", "b"), step("d", "c")])
        }
        #expect(error?.message.contains("a → c → b → a") == true)
    }

    @Test func namesTheNearestStep() {
        let error = #expect(throws: MartletError.self) {
            try FlowGraph(name: "f", steps: [step("transform"), step("train", "transfrom")])
        }
        #expect(error?.hint == "did you mean 'transform'?")
    }

    @Test func refusesANameUsedTwice() {
        #expect(throws: MartletError.self) { try FlowGraph(name: "f", steps: [step("a"), step("a")]) }
    }

    @Test(arguments: ["", "a/b", ".hidden", "line\nbreak", String(repeating: "x", count: 101)])
    func refusesAnUnusableName(_ name: String) {
        #expect(throws: MartletError.self) { try FlowGraph(name: "f", steps: [step(name)]) }
    }

    @Test func pausesGrowUpToTheLongest() {
        let policy = RetryPolicy(count: 5, initial: .seconds(1), factor: 3, longest: .seconds(10))
        #expect(
            (1...4).map { policy.pause(afterAttempt: $0) } == [.seconds(1), .seconds(3), .seconds(9), .seconds(10)])
    }
}
