import ArgumentParser
import Core
import Stores
import Tensor

/// `martlet bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Martlet's side of the races in Benchmarks/.",
        discussion: """
            Benchmarks/topk/run, Benchmarks/publish/run and Benchmarks/serving/run start the peers in the same run and
            print ratios; alone, these numbers say little.

            Example: martlet bench topk --json
            """,
        subcommands: [TopK.self, PublishLists.self])

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

    /// `martlet bench publish`
    struct PublishLists: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish", abstract: "Publish made-up lists, in lists a second.",
            discussion: "Example: martlet bench publish --lists 1000000 --k 12 --store redis://127.0.0.1:6379")
        @Option(help: "How many lists.")
        var lists = 1_000_000
        @Option(help: "How long each list is.")
        var k = 12
        @Option(help: "A folder for RocksDB, or the URL of a Redis server.")
        var store: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let isRedis = store.hasPrefix("redis://") || store.hasPrefix("rediss://")
            let yaml = isRedis ? "{kind: redis, url: \"\(store)\"}" : "{kind: rocksdb, path: \"\(store)\"}"
            let diagnostics = Diagnostics()
            var fields = ConfigurationFields(
                try ConfigurationNode(yaml: yaml, file: "--store"), diagnostics: diagnostics)
            let configuration = StoreConfiguration(&fields, projectFolder: ".")
            try diagnostics.throwIfAny()
            let store = try await configuration.open(readOnly: false)
            let found = try await PublishBenchmark.run(store: store, shop: "benchmark", lists: lists, k: k)
            await store.close()
            let json = try JSONValue(encoding: found)
            output.finish(json.pretty + "\n", json: json)
        }
    }
}
