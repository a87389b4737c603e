import ArgumentParser
import Core
import Flow
import FoundationEssentials
import Generator
import Project

/// `martlet demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a shop, train a recommender on it, publish, serve, and ask for a shopper's next articles.",
        discussion: """
            The shop's preferences are known, so the demo can say how near the model comes to the best that any model
            could reach. Everything lies in one folder; the project in it can be run again by hand.

            Example: martlet demo --folder demo
            """)
    @Option(help: "The folder to work in.")
    var folder = "demo"

    @Option(help: "How many customers.")
    var users = 5_000

    @Option(help: "How many articles.")
    var items = 1_000

    @Option(help: "How many purchases.")
    var transactions = 200_000

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Flag(help: "Leave the server running until Ctrl-C.")
    var stay = false

    @OptionGroup var output: OutputOptions

    private static let testDays = 28
    private static let k = 12

    func run() async throws {
        let folder = ProjectRunner.trimmed(folder)
        let data = "\(folder)/data"
        let project = "\(folder)/shop"
        say("A shop of \(users) customers and \(items) articles, whose preferences are known")
        let generator = try ShopGenerator(
            configuration: GeneratorConfiguration(users: users, items: items, transactions: transactions, seed: seed))
        _ = try generator.write(to: data, progress: output.progress)
        let best = try generator.bestRecall(k: Self.k, testDays: Self.testDays)
        if !FileManager.default.fileExists(atPath: "\(project)/\(ProjectConfiguration.fileName)") {
            try Template("hm").write(to: project, shop: "demo", data: data, testDays: Self.testDays)
        }
        say("From transactions to published lists: martlet run --project \(project)")
        var quiet = output
        quiet.json = false
        let runner = ProjectRunner(folder: project, output: quiet)
        let summary = try await runner.run(upTo: .publish)
        let result = try RunResult(
            runner: ShopRunner(ProjectRunner.configuration(project).project), run: summary.run, last: .publish)
        let shares = try PlantedShares(best: best, result: result)
        say(shares.text)
        let answer = try await ServedAnswer(project: project, user: try result.firstUser(), k: Self.k).ask(stay: stay) {
            if !output.quiet, !output.json { writeText($0, to: .standardOutput) }
        }
        output.finish("", json: shares.json(result: result, answer: answer))
    }

    private func say(_ text: String) {
        if !output.quiet, !output.json { writeLine("\n\(text)", to: .standardOutput) }
    }
}

/// How near each model came to the best possible on a shop whose preferences are known.
struct PlantedShares {
    let best: PlantedRecall
    let models: [(name: String, recall: Double)]
    let winner: String

    init(best: PlantedRecall, result: RunResult) throws {
        self.best = best
        models = result.metrics("recall@\(best.k)")
        winner = result.winner
    }

    var text: String {
        var lines = ["The best Recall@\(best.k) that any model could reach here is \(Self.percent(best.best))."]
        for model in models {
            lines.append(
                "  \(model.name): \(Self.percent(model.recall)), which is \(Self.percent(model.recall / best.best)) of it"
            )
        }
        return lines.joined(separator: "\n")
    }

    func json(result: RunResult, answer: JSONValue) -> JSONValue {
        var members = result.json(lists: nil).object ?? [:]
        members["best-possible"] = .number(best.best)
        members["shares"] = .object(
            Dictionary(models.map { ($0.name, .number($0.recall / best.best)) }) { _, last in last })
        members["answer"] = answer
        return .object(members)
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
