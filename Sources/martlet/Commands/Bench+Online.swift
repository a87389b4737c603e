import ArgumentParser
import Core
import FoundationEssentials

extension Bench {
    /// `martlet bench online`
    struct Online: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a made-up project with a pipeline and its features, for 'martlet serve' to answer from.",
            discussion: """
                Users have 12 features, items 8; a query tower finds 100 candidates, and a DLRM of 128-64-32 ranks them. \
                Benchmarks/online/run serves it beside the pipeline as Python users build it.

                Example: martlet bench online shop --store redis://127.0.0.1:6379 && martlet serve --project shop
                """)
        @Argument(help: "The folder to write the project to; it must not exist.")
        var folder: String
        @Option(help: "How many users.")
        var users = 100_000
        @Option(help: "How many items.")
        var items = 100_000
        @Option(help: "Where the features are: the URL of a Redis server, 'rocksdb', or 'bundle'.")
        var store = "bundle"
        @Option(help: "The index of the items' vectors: 'auto', 'exact' or 'partitioned'.")
        var index = "auto"
        @Flag(help: "Only write the project file anew, for another store, and the features into that.")
        var featuresOnly = false
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if users < 100 || items < 100 { throw ValidationError("--users and --items must be at least 100") }
        }

        func run() async throws {
            let shop = OnlineShop(users: users, items: items)
            if featuresOnly {
                try await shop.writeFeatures(to: folder, index: index, store: store)
            } else {
                if FileManager.default.fileExists(atPath: folder) {
                    throw MartletError(.busy, "\(folder) is there already", hint: "name another folder")
                }
                try await shop.publish(to: folder, index: index, store: store)
            }
            output.finish("wrote \(folder)\n", json: ["folder": .string(folder)])
        }
    }
}
