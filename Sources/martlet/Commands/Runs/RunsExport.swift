import ArgumentParser
import Core
import Flow
import Project

/// `martlet runs export`
struct RunsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Tell an MLflow tracking server of runs.",
        discussion: """
            Each training becomes a run there. What the server knows already is not sent again. A project that names its
            server (tracking: {mlflow: http://…}) tells it while it runs, and catches up after the server was away.

            Example: martlet runs export --to http://127.0.0.1:5000
                     martlet runs export ab12 cd34
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Runs' ids (default: all runs).")
    var runs: [String] = []

    @Option(help: "The server's address (default: the project's).")
    var to: String?

    func run() async throws {
        let configuration = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let runner = try ShopRunner(configuration)
        guard let address = to ?? configuration.tracking.mlflow else {
            throw MartletError(
                .invalidConfiguration, "no server is named", hint: "name it with --to, or as 'tracking: {mlflow: …}'")
        }
        let exporter = MLflowExporter(
            store: runner.store, client: MLflowClient(address: address, token: configuration.tracking.token),
            experiment: configuration.tracking.experiment)
        let ids = try runs.isEmpty ? runner.store.runs().reversed().map(\.id) : runs.map { try runner.store.run($0).id }
        var all = MLflowExporter.Report()
        for id in ids {
            let report = try await exporter.export(run: id)
            all.trials += report.trials
            all.points += report.points
        }
        output.finish(
            "\(address) knows \(ids.count) runs; \(all.points) points were new to it\n",
            json: [
                "runs": .integer(Int64(ids.count)), "trials": .integer(Int64(all.trials)),
                "points": .integer(Int64(all.points)),
            ])
    }
}
