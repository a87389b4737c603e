import ArgumentParser
import Core
import Stores

extension Bench {
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
