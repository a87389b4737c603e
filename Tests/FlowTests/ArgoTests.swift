import Core
import Flow
import Foundation
import Synchronization
import TestSupport
import Testing

/// A flow as an Argo workflow: the same steps, each in the process that a pod would be.
@Suite struct ArgoTests {
    private static let parameters = [FlowParameter("most", 3, help: "how many numbers")]

    /// Fan-outs over values and over what was found, nested ones, one step that fails twice, one that is caught.
    private static func program(_ store: String, failures: Counter) -> FlowProgram {
        FlowProgram("squares", store: store, parameters: parameters) { parameters in
            let most = parameters.integer("most")
            var flow = FlowDefinition("Squares & more")
            let numbers = flow.step("numbers") { _ in (0..<most).map { $0 + 1 } }
            for rate in ["0.1", "0.2"] {
                var step = Step("train[\(rate)]", dependencies: ["numbers"], retries: RetryPolicy(count: 2)) {
                    context in
                    failures.add(rate)
                    if rate == "0.2", failures(rate) % 3 != 0 { throw MartletError(.unavailable, "not yet") }
                    context.setValue(.string(rate))
                }
                step.memory = { _ in 300_000_000 }
                flow.add(step)
            }
            let squares = flow.fanOut(
                "square", over: numbers, StepOptions(retries: RetryPolicy(count: 1), catches: true, cores: 2)
            ) { number, context in
                if number == 2 { throw MartletError(.invalidData, "two is odd here") }
                try AtomicFile.write("\(number)²", to: try context.output("text"))
                return (0..<number).map { number * 10 + $0 }
            }
            let digits = flow.fanOut("digit", over: squares) { number, digit, _ in digit % 10 * number }
            let behind: [any StepReference] = [squares, digits]
            flow.step("sum", after: behind, StepOptions(timeLimit: .seconds(90))) { context in
                let texts = try context.branches(of: squares).map { try contents(context.input($0, "text")) }
                let failed = try context.failures(of: squares).map(\.reason)
                return texts + failed + ["\(try context.branches(of: digits).map(\.value).reduce(0, +))"]
            }
            // A fan-out that becomes fan-outs.
            flow.add(
                Step.fanOut("deep", dependencies: ["sum"]) { _ in
                    ["a", "b"].map { letter in
                        Step.fanOut("deep[\(letter)]", dependencies: ["sum"]) { _ in
                            [Step("deep[\(letter)] 1") { $0.setValue(.string(letter)) }]
                        }
                    }
                })
            flow.add(
                Step("end", dependencies: ["train[0.1]", "train[0.2]", "deep"]) { context in
                    let letters = try ["a", "b"].map { try context.value(of: "deep[\($0)] 1").string ?? "" }
                    context.setValue(.string(letters.joined()))
                })
            return try flow.graph()
        }
    }

    private func exported(_ program: FlowProgram, _ more: [String] = []) async throws -> String {
        try await program.run(["export", "--image", "squares:1", "--claim", "store", "--store", "/store"] + more)
    }

    @Test func itsPodsDoWhatTheRunnerDoes() async throws {
        let (here, there) = (try Scratch(), try Scratch())
        let runner = Self.program("\(here.path)/runs", failures: Counter())
        _ = try await runner.run(["run", "--most", "4"])
        let store = try here.store()
        let run = try #require(try store.runs().first)

        let scheduled = Self.program("\(there.path)/runs", failures: Counter())
        let workflow = try ArgoWorkflow(try await exported(scheduled))
        let failed = try await workflow.run(["most": "4"]) { command in
            // The volume of the pods is this folder.
            let words = command.dropFirst().map { $0 == "/store" ? "\(there.path)/runs" : $0 }
            do {
                _ = try await scheduled.run(Array(words))
                return 0
            } catch { return 1 }
        }
        #expect(failed == [])
        let other = try there.store()
        let same = try #require(try other.runs().first)
        #expect(same.state == .finished && same.parameters == run.parameters)
        for step in try store.steps(run: run.id) {
            let (a, b) = (
                try store.result(run: run.id, step: step.name), try other.result(run: same.id, step: step.name)
            )
            #expect(a != nil && a?.value == b?.value, "\(step.name)")
            let state = try other.steps(run: same.id).first { $0.name == step.name }?.state
            #expect(state == step.state, "\(step.name)")
        }
        // 1·0 + 3·(0+1+2) + 4·(0+1+2+3)
        #expect(try other.result(run: same.id, step: "sum")?.value == ["1²", "3²", "4²", "two is odd here", "33"])
        #expect(try other.result(run: same.id, step: "end")?.value == "ab")
    }

    @Test func aStepThatFailsEndsTheRunAsFailed() async throws {
        let scratch = try Scratch()
        let program = FlowProgram("f", store: "\(scratch.path)/runs") { _ in
            try FlowGraph(
                name: "f",
                steps: [
                    Step("a") { _ in throw MartletError(.invalidData, "no good") },
                    Step("b", dependencies: ["a"]) { _ in },
                    Step("c") { $0.setValue(1) },
                ])
        }
        let workflow = try ArgoWorkflow(try await exported(program))
        let failed = try await workflow.run { command in
            let words = command.dropFirst().map { $0 == "/store" ? "\(scratch.path)/runs" : $0 }
            do {
                _ = try await program.run(Array(words))
                return 0
            } catch { return 1 }
        }
        #expect(failed == ["a", "b", "end"])
        let run = try #require(try scratch.store().runs().first)
        #expect(run.state == .failed && run.message?.contains("no good") == true)
        let states = try scratch.store().steps(run: run.id).map(\.state)
        #expect(states == [.failed, .skipped, .finished])
    }

    @Test func retriesLimitsAndResourcesAreArgosToHeed() async throws {
        let scratch = try Scratch()
        let program = Self.program("\(scratch.path)/runs", failures: Counter())
        let workflow = try ArgoWorkflow(try await exported(program, ["--most", "7"]))
        let tasks = workflow.tasks
        #expect(tasks["train"]?["withItems"] as? [String] == ["train[0.1]", "train[0.2]"])
        #expect(
            tasks["square-branch"]?["withParam"] as? String == "{{tasks.square-plan.outputs.parameters.branches}}")
        #expect(tasks["sum"]?["dependencies"] as? [String] == ["begin", "digit", "square"])
        let train = workflow.template("train")
        let strategy = try #require(train["retryStrategy"] as? [String: Any])
        #expect(strategy["limit"] as? String == "2" && strategy["retryPolicy"] as? String == "Always")
        #expect(strategy["backoff"] as? [String: String] == ["duration": "1s", "factor": "2", "cap": "60s"])
        let resources = (train["container"] as? [String: Any])?["resources"] as? [String: Any]
        #expect(resources?["requests"] as? [String: String] == ["cpu": "1", "memory": "512Mi"])
        let branch = (workflow.template("square-branch")["container"] as? [String: Any])?["resources"] as? [String: Any]
        #expect(branch?["requests"] as? [String: String] == ["cpu": "2"])
        #expect(workflow.template("sum")["activeDeadlineSeconds"] as? String == "90")
        let error = await #expect(throws: MartletError.self) { try await program.run(["export", "--image", "x"]) }
        #expect(error?.hint?.contains("--claim") == true)
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: Schema.python), "there is no .venv/argo: scripts/venv argo"))
    func theManifestIsValidByArgosSchema() async throws {
        let scratch = try Scratch()
        let program = Self.program("\(scratch.path)/runs", failures: Counter())
        let files = ["\(scratch.path)/once.json", "\(scratch.path)/cron.json", "\(scratch.path)/wrong.json"]
        let text = try await exported(program)
        try AtomicFile.write(text, to: files[0])
        try AtomicFile.write(try await exported(program, ["--cron", "30 3 * * 1,4"]), to: files[1])
        let good = try await runProgram(at: Schema.python, [Schema.script] + files.prefix(2))
        #expect(good.status == 0, "\(good.output)")
        // That the check can fail.
        try AtomicFile.write(text.replacingOccurrences(of: "\"withItems\"", with: "\"withThings\""), to: files[2])
        let bad = try await runProgram(at: Schema.python, [Schema.script, files[2]])
        #expect(bad.status != 0 && bad.output.contains("withThings"))
    }

    private enum Schema {
        static let root = #filePath.replacingOccurrences(of: "/Tests/FlowTests/ArgoTests.swift", with: "")
        static let python = root + "/.venv/argo/bin/python"
        static let script = root + "/scripts/check-argo"
    }
}
