import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A flow as a program of its own, with a command line: `run`, `resume`, `runs`.
///
/// ```swift
/// @main struct Squares {
///     static func main() async {
///         await FlowProgram("squares", parameters: [FlowParameter("most", 3)]) { parameters in
///             var flow = FlowDefinition("squares")
///             …
///             return try flow.graph()
///         }.main()
///     }
/// }
/// ```
///
/// Steps in child processes work without more: the program starts itself again.
public struct FlowProgram: Sendable {
    /// Makes the graph; called in every process of a run, and must make the same graph for the same parameters.
    public typealias Build = @Sendable (FlowParameters) throws -> FlowGraph

    let name: String
    let parameters: [FlowParameter]
    let folder: String
    let build: Build

    /// Describes a program.
    ///
    /// - Parameters:
    ///   - name: the program's name, for its help.
    ///   - store: the folder in which runs and artifacts are kept, if `--store` names no other.
    ///   - parameters: what the flow takes; each becomes an option.
    ///   - build: makes the graph.
    public init(
        _ name: String, store: String = ".flow", parameters: [FlowParameter] = [], build: @escaping Build
    ) {
        self.name = name
        folder = store
        self.parameters = parameters
        self.build = build
    }

    /// Does what the command line says, and ends the process: 0, or 1 after an error, 64 for a wrong command line, 130
    /// after Ctrl-C.
    public func main(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) async -> Never {
        do {
            print(try await run(arguments))
            exit(0)
        } catch {
            LineProgress.write("error: \(error)")
            let code = (error as? MartletError)?.code
            exit(code == .cancelled ? 130 : code == .invalidConfiguration ? 64 : 1)
        }
    }

    /// Does what the command line says.
    ///
    /// - Returns: what is to be printed.
    /// - Throws: `invalidConfiguration` for a wrong command line, the first failure of a step, the store's errors.
    public func run(_ arguments: [String]) async throws -> String {
        guard let command = arguments.first, command != "help", command != "--help", command != "-h" else {
            return help
        }
        let line = try FlowCommandLine(Array(arguments.dropFirst()))
        let store = try RunStore(folder: line.option("store") ?? folder)
        switch command {
        case "run":
            return try await go(store, FlowParameters(parameters, given: given(line)), resume: nil, line)
        case "resume":
            guard let id = line.words.first else {
                throw MartletError(
                    .invalidConfiguration, "resume needs a run", hint: "\(name) resume RUN [--from STEP]")
            }
            let record = try store.run(id)
            return try await go(
                store, FlowParameters(parameters, kept: record.parameters), resume: record.id, line)
        case "step": return try await step(store, line)
        case "export": return try export(line)
        case "runs": return try line.words.first.map { try steps(of: $0, store) } ?? runs(store)
        default:
            throw MartletError(
                .invalidConfiguration, "there is no command '\(command)'",
                hint: nearest(to: command, among: ["run", "resume", "runs", "export", "help"]).map {
                    "did you mean '\($0)'?"
                }
                    ?? "the commands are run, resume, runs, export, help")
        }
    }

    /// What is no parameter of the flow.
    static let ownOptions: Set<String> = [
        "store", "workers", "from", "tag", "namespace", "phase", "run", "step", "attempt", "output", "image", "claim",
        "mount", "program", "cron",
    ]

    private func go(
        _ store: RunStore, _ values: FlowParameters, resume: String?, _ line: FlowCommandLine
    ) async throws -> String {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        var runner = FlowRunner(store: store, progress: LineProgress()) { step, run in
            [program, "step", "--store", store.folder, "--run", run, "--step", step]
        }
        if let workers = line.option("workers") {
            guard let count = Int(workers), count > 0 else {
                throw MartletError(.invalidConfiguration, "--workers must be a number from 1, found '\(workers)'")
            }
            runner.maximumParallel = count
        }
        let label = label(line)
        let (graph, ready) = (try build(values), runner)
        let summary = try await withInterrupts {
            try await ready.run(graph, resume: resume, from: line.option("from"), parameters: values.json, label: label)
        }
        try summary.check()
        return "run \(summary.run) finished in \(FlowRunner.describe(summary.seconds))"
    }

    func label(_ line: FlowCommandLine) -> RunLabel {
        RunLabel(
            namespace: line.option("namespace") ?? "",
            tags: Dictionary(
                (line.options["tag"] ?? "").split(separator: ",").map { tag in
                    let parts = tag.split(separator: "=", maxSplits: 1).map(String.init)
                    return (parts[0], parts.count > 1 ? parts[1] : "")
                }
            ) { _, last in last })
    }

    private func runs(_ store: RunStore) throws -> String {
        try store.runs().map { "\($0.id)  \($0.state.rawValue)  \($0.parameters)" }.joined(separator: "\n")
    }

    private func steps(of id: String, _ store: RunStore) throws -> String {
        try store.steps(run: store.run(id).id).map { step in
            "\(step.name)  \(step.state.rawValue)  \(step.seconds.map(FlowRunner.describe) ?? "–")"
        }.joined(separator: "\n")
    }

    private var help: String {
        let options = parameters.map { "  --\($0.name) (\($0.standard))  \($0.help)\n" }.joined()
        return """
            \(name) run [--store DIR] [--workers N] [--tag NAME=VALUE,…] [--namespace NAME] [parameters]
            \(name) resume RUN [--from STEP]
            \(name) runs [RUN]
            \(name) export --image IMAGE --claim CLAIM [--mount DIR] [--program PATH] [--cron LINE] [parameters]
            \(options.isEmpty ? "" : "parameters:\n\(options)")
            """
    }
}
