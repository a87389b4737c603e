import ArgumentParser
import Core
import Flow

/// `martlet runs metrics`
struct RunsMetrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Show what the steps of a run measured: losses, validation, the machine.",
        discussion: """
            Example: martlet runs metrics ab12
                     martlet runs metrics ab12 --name loss --points
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id.")
    var run: String

    @Option(help: "Only this step's.")
    var step: String?

    @Option(help: "Only this metric.")
    var name: String?

    @Flag(help: "Print every point.")
    var points = false

    func run() async throws {
        let store = try Runs.store(project)
        let id = try store.run(run).id
        if points {
            let found = try store.metrics(run: id, step: step, name: name)
            return output.finish(
                Runs.table(found.map { [$0.step, $0.name, "\($0.index)", Runs.short($0.value)] }),
                json: [
                    "points": .array(
                        found.map {
                            [
                                "step": .string($0.step), "name": .string($0.name), "index": .integer($0.index),
                                "value": .number($0.value), "time": .number($0.time),
                            ]
                        })
                ])
        }
        let found = try store.series(run: id, step: step, name: name)
        let rows = found.map { series in
            [
                series.step, series.name, "\(series.count) points", "last \(Runs.short(series.last))",
                "least \(Runs.short(series.minimum)) at \(series.minimumIndex)",
                "greatest \(Runs.short(series.maximum)) at \(series.maximumIndex)",
            ]
        }
        output.finish(
            rows.isEmpty
                ? "run \(id) measured nothing by itself: what it took from other runs is shown by compare\n"
                : Runs.table(rows),
            json: ["series": .array(found.map(Self.json))])
    }

    static func json(_ series: MetricSeries) -> JSONValue {
        [
            "run": .string(series.run), "step": .string(series.step), "name": .string(series.name),
            "count": .integer(Int64(series.count)), "last": .number(series.last),
            "minimum": .number(series.minimum), "minimum-index": .integer(series.minimumIndex),
            "maximum": .number(series.maximum), "maximum-index": .integer(series.maximumIndex),
        ]
    }
}
