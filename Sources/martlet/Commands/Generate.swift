import ArgumentParser
import Core
import Generator

/// `martlet generate`
struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a fashion shop in H&M's three files whose preferences are known.",
        discussion: """
            Writes articles.csv, customers.csv, transactions_train.csv and truth.json, the same bytes for the same
            numbers. With --recall it also says the best Recall@k that any model could reach on the last weeks.

            Example: martlet generate shop-data --users 5000 --items 1000 --transactions 200000 --seed 1
            """)
    @Argument(help: "The folder to write into.")
    var folder: String

    @Option(help: "How many customers.")
    var users = 5_000

    @Option(help: "How many articles.")
    var items = 1_000

    @Option(help: "How many purchases, exactly; at least as many as users.")
    var transactions = 200_000

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(help: "How many weeks the shop is open; the last day is 2020-09-22.")
    var weeks = 104

    @Option(help: "Also say the best possible Recall@K on the last --test-days days.")
    var recall: Int?

    @Option(help: "The length of the test window in days.")
    var testDays = 28

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = GeneratorConfiguration(
            users: users, items: items, transactions: transactions, seed: seed, weeks: weeks)
        let generator = try ShopGenerator(configuration: configuration)
        let shop = try generator.write(to: folder, progress: output.progress)
        var text = "\(shop.folder): \(users) customers, \(items) articles, \(transactions) purchases\n"
        var json: [String: JSONValue] = [
            "folder": .string(shop.folder), "bytes": .integer(Int64(shop.bytes)), "seconds": .number(shop.seconds),
        ]
        if let recall {
            let planted = try ShopGenerator.bestRecall(folder: shop.folder, k: recall, testDays: testDays)
            text +=
                "best possible Recall@\(recall): \(planted.best), NDCG@\(recall): \(planted.bestNDCG), "
                + "popularity's recall: \(planted.popularity)\n"
            json["recall"] = try JSONValue(encoding: planted)
        }
        output.finish(text, json: .object(json))
    }
}
