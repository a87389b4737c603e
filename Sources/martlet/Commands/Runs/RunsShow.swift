import ArgumentParser
import Core
import Flow

/// `martlet runs show`, which is also `martlet runs`.
struct RunsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List the runs, the newest first, or show the steps of one.",
        discussion: """
            Example: martlet runs show
                     martlet runs show ab12
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id, or how it begins or ends; without it all runs are listed.")
    var run: String?

    @Option(help: "How many runs to list.")
    var limit = 20

    @Option(help: "List the runs with this tag, NAME or NAME=VALUE.")
    var tag: String?

    @Option(help: "List the runs of this namespace.")
    var namespace: String?

    func run() async throws {
        let store = try Runs.store(project)
        if let run { return try show(run, store) }
        var runs = try store.runs()
        if let namespace { runs.removeAll { $0.namespace != namespace } }
        if let tag {
            let wanted = try LabelOptions.tags([tag])
            try runs.removeAll { run in
                let tags = try store.tags(run: run.id)
                return wanted.contains { name, value in
                    tags[name] == nil || (tag.contains("=") && tags[name] != value)
                }
            }
        }
        let listed = Array(runs.prefix(max(1, limit)))
        let rows = try listed.map { run in
            let tags = try store.tags(run: run.id).sorted { $0.key < $1.key }
                .map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
            return [
                run.id, run.state.rawValue, run.seconds.map(TerminalProgress.time) ?? "–",
                (tags + [run.message].compactMap { $0 }).joined(separator: " "),
            ]
        }
        let described = try listed.map { try Self.json($0, store) }
        output.finish(
            listed.isEmpty ? "there are no runs yet: 'martlet run' makes one\n" : Runs.table(rows),
            json: ["runs": .array(described)])
    }

    private func show(_ id: String, _ store: RunStore) throws {
        let run = try store.run(id)
        let steps = try store.steps(run: run.id)
        let rows = steps.map { step in
            [
                "  " + step.name, step.state.rawValue, step.seconds.map(TerminalProgress.time) ?? "–",
                step.use.map { "\(Runs.short($0.cpuSeconds)) cpu·s, \($0.peakMemory >> 20) MiB" } ?? "",
                step.message ?? "",
            ]
        }
        let described = try Self.json(run, store)
        output.finish(
            "\(run.id)  \(run.state.rawValue)\(run.message.map { ": \($0)" } ?? "")\n" + Runs.table(rows),
            json: [
                "run": described,
                "steps": .array(
                    steps.map { step in
                        [
                            "name": .string(step.name), "state": .string(step.state.rawValue),
                            "seconds": step.seconds.map { .number($0) } ?? .null,
                            "attempts": .integer(Int64(step.attempts)),
                            "dependencies": .array(step.dependencies.map { .string($0) }),
                            "cpu-seconds": step.use.map { .number($0.cpuSeconds) } ?? .null,
                            "peak-memory": step.use.map { .integer($0.peakMemory) } ?? .null,
                            "bytes-read": step.use?.bytesRead.map { .integer($0) } ?? .null,
                            "message": step.message.map { .string($0) } ?? .null,
                            "value": (try? store.result(run: run.id, step: step.name))?.value ?? .null,
                        ]
                    }),
            ])
    }

    private static func json(_ run: RunRecord, _ store: RunStore) throws -> JSONValue {
        [
            "id": .string(run.id), "state": .string(run.state.rawValue), "created": .number(run.created),
            "seconds": run.seconds.map { .number($0) } ?? .null, "message": run.message.map { .string($0) } ?? .null,
            "namespace": .string(run.namespace), "tags": .object(try store.tags(run: run.id).mapValues { .string($0) }),
        ]
    }
}
