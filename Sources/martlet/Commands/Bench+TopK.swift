import ArgumentParser
import Core
import Tensor

extension Bench {
    /// `martlet bench topk`
    struct TopK: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "topk", abstract: "Exact top k of every user over all items, in users a second.",
            discussion: "Example: martlet bench topk --users 100000 --items 100000 --dimensions 64 --k 100")
        @Option(help: "How many users.")
        var users = 100_000
        @Option(help: "How many items.")
        var items = 100_000
        @Option(help: "How many dimensions a vector has.")
        var dimensions = 64
        @Option(help: "How long the lists are.")
        var k = 100
        @Option(help: "How many threads (default: one a core).")
        var threads: Int?
        @Option(help: "How long to repeat, in seconds.")
        var seconds = 10.0
        @Option(help: "Raw float32 user vectors to use in place of random ones.")
        var queries: String?
        @Option(help: "Raw float32 item vectors to use in place of random ones.")
        var itemVectors: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let found = try benchmarkTopK(
                users: users, items: items, dimensions: dimensions, k: k, threads: threads, seconds: seconds,
                queryFile: queries, itemFile: itemVectors)
            let json = try JSONValue(encoding: found)
            output.finish(json.pretty + "\n", json: json)
        }
    }
}
