import Core
import Dashboard
import Flow
import Foundation
import Synchronization

/// What the race of `Benchmarks/flow` asks of Martlet's flow library; each command prints one line of JSON.
///
///     flow-race steps FOLDER COUNT in-process|child-process     a chain of tiny steps, from nothing
///     flow-race resume FOLDER COUNT                             the same finished run, resumed
///     flow-race log FOLDER COUNT                                points logged by one step, one call each
///     flow-race fill FOLDER RUNS POINTS                         runs whose losses are to be compared
///     flow-race compare FOLDER                                  their curves, and all that is known of their trials
///     flow-race page FOLDER                                     the dashboard's page that compares them
///     flow-race cost FOLDER SECONDS RATE                        what tracking takes while a training of so many seconds
///                                                               logs three metrics RATE times a second
@main
struct Race {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2 else { fatalError("flow-race COMMAND FOLDER …") }
        let numbers = arguments.dropFirst(2).compactMap(Int.init)
        let store = try RunStore(folder: arguments[1])
        switch arguments[0] {
        case "steps": try await steps(store, count: numbers[0], isolation: arguments[3])
        case "step":
            let graph = try chain(store.steps(run: arguments[2]).count, isolation: .childProcess)
            try await FlowRunner(store: store).runChild(graph, run: arguments[2], step: arguments[3])
        case "resume":
            let run = try store.runs()[0].id
            let begin = ContinuousClock.now
            let summary = try await FlowRunner(store: store).run(chain(numbers[0], isolation: .inProcess), resume: run)
            try summary.check()
            report(["seconds": .number(since(begin)), "done": .integer(Int64(summary.steps.count { $0.wasDone }))])
        case "log": try await log(store, count: numbers[0])
        case "fill": try await fill(store, runs: numbers[0], points: numbers[1])
        case "compare": try compare(store)
        case "page": try await page(store)
        case "cost": try await cost(store, seconds: numbers[0], rate: numbers[1])
        default: fatalError("there is no command \(arguments[0])")
        }
    }

    /// Each step adds one to what the step before it left.
    private static func chain(_ count: Int, isolation: Step.Isolation) throws -> FlowGraph {
        let steps = (0..<count).map { index in
            Step("s\(index)", dependencies: index == 0 ? [] : ["s\(index - 1)"], isolation: isolation) { context in
                let before = index == 0 ? 0 : try context.value(of: "s\(index - 1)").integer ?? 0
                context.setValue(.integer(Int64(before + 1)))
            }
        }
        return try FlowGraph(name: "chain", steps: steps)
    }

    private static func steps(_ store: RunStore, count: Int, isolation: String) async throws {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let begin = ContinuousClock.now
        let runner = FlowRunner(store: store) { step, run in [program, "step", store.folder, run, step] }
        let summary = try await runner.run(
            chain(count, isolation: isolation == "child-process" ? .childProcess : .inProcess))
        try summary.check()
        let last = try store.result(run: summary.run, step: "s\(count - 1)")?.value ?? .null
        report(["seconds": .number(since(begin)), "last": last])
    }

    private static func log(_ store: RunStore, count: Int) async throws {
        let begin = ContinuousClock.now
        let step = Step("log", isMemoised: false) { context in
            for index in 0..<count { try context.log("loss", value(index), at: index) }
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "log", steps: [step]))
        try summary.check()
        let taken = since(begin)
        let points = try store.metrics(run: summary.run, name: "loss")
        precondition(points.count == count && points.enumerated().allSatisfy { $1.value == value($0) })
        report(["seconds": .number(taken), "points": .integer(Int64(points.count))])
    }

    private static func fill(_ store: RunStore, runs: Int, points: Int) async throws {
        let begin = ContinuousClock.now
        for number in 0..<runs {
            let step = Step("train", isMemoised: false) { context in
                try context.record([Fact(.parameter, "learning-rate", .number(Double(number) / 1000))])
                for index in 0..<points { try context.log("loss", value(index + number), at: index) }
                for pass in 1...10 { try context.log("validation/recall@12", value(number * pass), at: pass) }
            }
            try await FlowRunner(store: store).run(FlowGraph(name: "train", steps: [step])).check()
        }
        report(["seconds": .number(since(begin))])
    }

    private static func compare(_ store: RunStore) throws {
        let begin = ContinuousClock.now
        let curves = try store.curves(named: "loss", points: 200)
        let trials = try store.trials()
        let taken = since(begin)
        report([
            "seconds": .number(taken), "curves": .integer(Int64(curves.count)), "trials": .integer(Int64(trials.count)),
            "points": .integer(Int64(curves.map(\.series.count).reduce(0, +))),
        ])
    }

    /// The page of experiments, as the server would send it.
    private static func page(_ store: RunStore) async throws {
        let dashboard = Dashboard(store: store, facts: NoShop(), key: try AdminKey("the key of the race"))
        var request = DashboardRequest(method: "GET", target: "/experiments", base: "")
        request.key = "the key of the race"
        let begin = ContinuousClock.now
        let answer = await dashboard.respond(to: request)
        let taken = since(begin)
        let trainings = answer.body.firstMatch(of: /([0-9,]+) trainings? of/)?.1.replacing(",", with: "") ?? ""
        report([
            "seconds": .number(taken), "status": .integer(Int64(answer.status)), "trials": .string(String(trainings)),
            "bytes": .integer(Int64(answer.body.utf8.count)),
            "curves": .integer(Int64(answer.body.matches(of: /<polyline class="line (s[0-9]|faint)"/).count)),
        ])
    }

    /// The step only sleeps, so all processor time is the flow's; what it waits in calls is counted as well.
    private static func cost(_ store: RunStore, seconds: Int, rate: Int) async throws {
        var answer: [String: JSONValue] = [:]
        for (name, isTracked) in [("warm", true), ("flow", false), ("tracked", true)] {
            let waited = Mutex(0.0)
            let step = Step("train", isMemoised: false) { context in
                for tick in 0..<(name == "warm" ? 1 : seconds * rate) {
                    let begin = ContinuousClock.now
                    if isTracked {
                        if tick == 0 {
                            let chosen = (0..<30).map { Fact(.parameter, "parameter-\($0)", .number(Double($0))) }
                            try context.record(chosen + Machine.facts)
                        }
                        for metric in ["loss", "validation/recall@12", "rows"] {
                            try context.log(metric, value(tick), at: tick)
                        }
                    }
                    waited.withLock { $0 += since(begin) }
                    usleep(UInt32(1_000_000 / rate))
                }
            }
            let before = processorTime()
            try await FlowRunner(store: store).run(FlowGraph(name: "cost", steps: [step])).check()
            answer[name] = [
                "processor": .number(processorTime() - before), "waited": .number(waited.withLock { $0 }),
            ]
        }
        report(.object(answer))
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func value(_ index: Int) -> Double { 1 / Double(1 + index % 1000) }

    private static func since(_ begin: ContinuousClock.Instant) -> Double {
        let (whole, fraction) = (ContinuousClock.now - begin).components
        return Double(whole) + Double(fraction) * 1e-18
    }

    private static func report(_ value: JSONValue) { print(value) }
}
