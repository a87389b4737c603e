import ArgumentParser
import Core
import Flow

/// `martlet runs artifacts`
struct RunsArtifacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifacts", abstract: "List what the steps of a run left, and where it lies.",
        discussion: """
            Artifacts are ordinary files and folders in open formats (.npy, Parquet, safetensors, JSON, HTML), read-only.

            Example: martlet runs artifacts ab12
                     open $(martlet runs artifacts ab12 --step evaluate --name report.html --path)
                     martlet runs artifacts --verify
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id (default: the newest run).")
    var run: String?

    @Option(help: "Only this step's.")
    var step: String?

    @Option(help: "Only artifacts of this name.")
    var name: String?

    @Flag(help: "Print the paths alone.")
    var path = false

    @Flag(help: "Read every byte of every artifact in the store and compare it with its digest.")
    var verify = false

    func run() async throws {
        let store = try Runs.store(project)
        if verify { return try verify(store) }
        let record = try run.map(store.run) ?? newest(store)
        if let step, try store.steps(run: record.id).allSatisfy({ $0.name != step }) {
            let names = try store.steps(run: record.id).map(\.name)
            throw MartletError(
                .notFound, "run \(record.id) has no step '\(step)'",
                hint: nearest(to: step, among: names).map { "did you mean '\($0)'?" }
                    ?? "its steps are \(names.joined(separator: ", "))")
        }
        var rows: [[String]] = []
        var entries: [JSONValue] = []
        for found in try store.steps(run: record.id) where step == nil || step == found.name {
            guard let result = try store.result(run: record.id, step: found.name) else { continue }
            for artifact in result.artifacts.values.sorted(by: { $0.name < $1.name })
            where name == nil || name == artifact.name {
                let place = try store.artifacts.path(of: artifact)
                rows.append(
                    path ? [place] : [found.name, artifact.name, "\(artifact.size)", artifact.digest.short, place])
                entries.append([
                    "step": .string(found.name), "name": .string(artifact.name),
                    "kind": .string(artifact.kind.rawValue),
                    "bytes": .integer(artifact.size), "digest": .string(artifact.digest.hex), "path": .string(place),
                ])
            }
        }
        output.finish(
            rows.isEmpty ? "run \(record.id) left none\n" : Runs.table(rows),
            json: ["run": .string(record.id), "artifacts": .array(entries)])
    }

    private func newest(_ store: RunStore) throws -> RunRecord {
        if let run = try store.runs().first { return run }
        throw MartletError(.notFound, "there are no runs yet", hint: "'martlet run' makes one")
    }

    private func verify(_ store: RunStore) throws {
        let errors = try store.verify()
        guard let first = errors.first else { return output.finish("every artifact is whole\n", json: ["damaged": 0]) }
        var error = first
        if errors.count > 1 { error.message += " (and \(errors.count - 1) more)" }
        throw error
    }
}
