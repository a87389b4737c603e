import ArgumentParser
import Core
import Stores

extension Bench {
    /// `martlet bench features`
    struct Features: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "features", abstract: "Read made-up features from an online store, in milliseconds a request.",
            discussion: "Example: martlet bench features --store redis://127.0.0.1:6379")
        @Option(help: "How many entities the store holds.")
        var known = 1000
        @Option(help: "How many entities a request asks for.")
        var entities = 100
        @Option(help: "How many features each of them has.")
        var features = 50
        @Option(help: "How many requests are timed.")
        var requests = 2000
        @Option(help: "A folder for RocksDB, 'memory', or the URL of a Redis server.")
        var store: String
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if known < 1 || entities < 1 || features < 1 || requests < 10 {
                throw ValidationError("--known, --entities and --features must be at least 1, --requests at least 10")
            }
        }

        func run() async throws {
            let isRedis = store.hasPrefix("redis://") || store.hasPrefix("rediss://")
            let yaml =
                isRedis
                ? "{kind: redis, url: \"\(store)\"}"
                : store == "memory" ? "{kind: memory}" : "{kind: rocksdb, path: \"\(store)\"}"
            let diagnostics = Diagnostics()
            var fields = ConfigurationFields(
                try ConfigurationNode(yaml: yaml, file: "--store"), diagnostics: diagnostics)
            let configuration = OnlineStoreConfiguration(&fields, projectFolder: ".")
            try diagnostics.throwIfAny()
            let store = try await configuration.open(readOnly: false)
            let found = try await FeatureBenchmark.run(
                store: store, known: known, entities: entities, features: features, requests: requests)
            await store.close()
            let json = try JSONValue(encoding: found)
            output.finish(json.pretty + "\n", json: json)
        }
    }
}
