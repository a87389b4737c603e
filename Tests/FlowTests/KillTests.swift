import Core
import Flow
import FoundationEssentials
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The flow that the killed processes run: eight steps, every second one in a child process.
enum KilledFlow {
    static let folderVariable = "FLOW_TEST_FOLDER"
    static let stepVariable = "FLOW_TEST_STEP"
    static let runVariable = "FLOW_TEST_RUN"
    static let roundVariable = "FLOW_TEST_ROUND"

    static func graph() throws -> FlowGraph {
        let steps = (0..<8).map { index in
            Step(
                "s\(index)", dependencies: index < 2 ? [] : ["s\(index - 1)", "s\(index - 2)"],
                isolation: index % 2 == 1 ? .childProcess : .inProcess
            ) { context in
                let before = try context.inputs("out").map { try contents("\($0.path)/text") }.joined()
                let folder = try context.output("out")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(4))
                    context.progress.note("\(context.step) is at work")
                }
                try AtomicFile.write("\(before)\(index)", to: "\(folder)/text")
                try AtomicFile.write(String(repeating: "\(index)", count: 100_000), to: "\(folder)/large")
            }
        }
        return try FlowGraph(name: "killed", steps: steps)
    }

    /// A fan-out of six workers, each tried again when it dies, and their join. Rounds have nothing in common.
    static func fanOut(round: String) throws -> FlowGraph {
        var flow = FlowDefinition("fan-out")
        let numbers = flow.step("numbers", StepOptions(parameters: .string(round))) { _ in Array(1...6) }
        let retries = RetryPolicy(count: 1000, initial: .milliseconds(1), longest: .milliseconds(1))
        let parts = flow.fanOut(
            "part", over: numbers, StepOptions(parameters: .string(round), isolation: .childProcess, retries: retries)
        ) { number, context in
            try context.record([Fact(.parameter, "number", .integer(Int64(number)))])
            for epoch in 0..<10 {
                try await Task.sleep(for: .milliseconds(3))
                try context.log("loss", 1 / Double(epoch + 1), at: epoch)
            }
            let folder = try context.output("out")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for file in 0..<5 {
                try AtomicFile.write(
                    String(repeating: "\(round)\(number)\(file)", count: 30_000), to: "\(folder)/\(file)")
            }
            return number * number
        }
        flow.step("sum", after: [parts]) { try $0.branches(of: parts).map(\.value).reduce(0, +) }
        return try flow.graph()
    }

    /// The graph that the environment asks for.
    static func asked() throws -> FlowGraph {
        try ProcessInfo.processInfo.environment[roundVariable].map(fanOut) ?? graph()
    }

    /// Runs this very test program again, so that it runs only ``KillEntry``.
    static func command() throws -> [String] {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return [program, "--testing-library", "swift-testing", "--filter", "KillEntry"]
    }

    static func runner(
        _ store: RunStore, progress: any ProgressReporting = SilentProgress(), variables: [String: String] = [:]
    ) throws -> FlowRunner {
        let command = try command()
        let folder = store.folder
        let more = variables.map { "\($0.key)=\($0.value)" }
        return FlowRunner(store: store, gracePeriod: .seconds(2), progress: progress) { step, run in
            [
                "/usr/bin/env", "\(folderVariable)=\(folder)", "\(stepVariable)=\(step)", "\(runVariable)=\(run)",
            ] + more + command
        }
    }
}

/// What the processes that the tests below start run; nothing in an ordinary test run.
@Suite(.enabled(if: ProcessInfo.processInfo.environment[KilledFlow.folderVariable] != nil, "started by KillTests only"))
struct KillEntry {
    @Test func entry() async throws {
        let environment = ProcessInfo.processInfo.environment
        let store = try RunStore(folder: environment[KilledFlow.folderVariable]!)
        let runner = try KilledFlow.runner(store)
        if let step = environment[KilledFlow.stepVariable] {
            try await runner.runChild(try KilledFlow.asked(), run: environment[KilledFlow.runVariable]!, step: step)
        } else {
            _ = try await runner.run(try KilledFlow.asked(), resume: environment[KilledFlow.runVariable])
        }
    }
}

// The test program is found through /proc and started again, which needs Linux.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/exe"), "needs /proc"))
struct KillTests {
    private let scratch: Scratch
    private let store: RunStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    /// Starts a coordinator and kills it after a while; returns whether it was still alive.
    private func startAndKill(run: String?, after milliseconds: Int) throws -> Bool {
        var variables = ProcessInfo.processInfo.environment
        variables[KilledFlow.folderVariable] = store.folder
        variables[KilledFlow.runVariable] = run
        let arguments = try KilledFlow.command().map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var id = pid_t()
        try #require(posix_spawn(&id, arguments[0]!, &actions, nil, arguments, environment) == 0)
        for _ in 0..<milliseconds {
            usleep(1000)
            if waitpid(id, nil, WNOHANG) == id { return false }
        }
        kill(id, SIGKILL)
        waitpid(id, nil, 0)
        return true
    }

    @Test func aRunKilledAtRandomMomentsEndsWithTheSameArtifacts() async throws {
        var run: String?
        var attemptsOfFinished: [String: Int] = [:]
        var random = RandomSource(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<10 {
            guard try startAndKill(run: run, after: 20 + random.index(below: 250)) else { break }
            run = try run ?? store.runs().first?.id
            guard let run else { continue }
            #expect(try store.run(run).state == .interrupted)
            for step in try store.steps(run: run) where step.state == .finished {
                // A step that had finished was not tried again.
                #expect(step.attempts == attemptsOfFinished[step.name] ?? step.attempts)
                attemptsOfFinished[step.name] = step.attempts
            }
        }
        let summary = try await KilledFlow.runner(store).run(try KilledFlow.graph(), resume: try store.runs().first?.id)
        try summary.check()
        for step in summary.steps where attemptsOfFinished[step.name] != nil { #expect(step.wasDone) }
        #expect(try store.verify().isEmpty)
        let text = try contents(try store.path(run: summary.run, step: "s7", artifact: "out") + "/text")
        let expected = (2..<8).reduce(into: ["0", "1"]) { $0.append($0[$1 - 1] + $0[$1 - 2] + "\($1)") }[7]
        #expect(text == expected)
        #expect(try store.runs().count == 1)
    }

    @Test func aChildReportsItsProgressAndLeavesALog() async throws {
        let lines = Lines()
        let summary = try await KilledFlow.runner(store, progress: lines).run(try KilledFlow.graph())
        try summary.check()
        #expect(lines.all.contains("note s1 is at work"))
        #expect(try contents(store.logPath(run: summary.run, step: "s1")).contains("KillEntry"))
    }

    private func shell(_ script: String, limit: Duration? = nil) async throws -> RunSummary {
        let step = Step("shell", isolation: .childProcess, timeLimit: limit) { _ in }
        let runner = FlowRunner(store: store, gracePeriod: .milliseconds(200)) { _, _ in ["/bin/sh", "-c", script] }
        return try await runner.run(FlowGraph(name: "f", steps: [step]))
    }

    @Test(arguments: [
        ("echo words; exit 3", "its process ended with exit code 3"),
        ("kill -9 $$", "its process was killed by signal 9"),
    ])
    func saysHowAChildEnded(_ script: String, _ message: String) async throws {
        let summary = try await shell(script)
        let error = try #require(summary.failure as? MartletError)
        #expect(error.message.hasPrefix(message))
        #expect(error.hint == "its output is in \(store.logPath(run: summary.run, step: "shell"))")
    }

    @Test func killsAChildThatDoesNotHeedItsTimeLimit() async throws {
        let summary = try await shell("trap '' TERM; while :; do sleep 0.05; done", limit: .milliseconds(100))
        #expect((summary.failure as? MartletError)?.message.contains("time limit") == true)
    }

    @Test func saysWhenAProgramCannotBeStarted() async throws {
        let runner = FlowRunner(store: store) { _, _ in ["/nonexistent/program"] }
        let step = Step("a", isolation: .childProcess) { _ in }
        let summary = try await runner.run(FlowGraph(name: "f", steps: [step]))
        #expect((summary.failure as? MartletError)?.code == .notFound)
    }
}
