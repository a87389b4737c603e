/// What was written for a generated shop.
public struct GeneratedShop: Sendable, Hashable {
    /// The folder with the files.
    public var folder: String
    /// What the shop is like.
    public var configuration: GeneratorConfiguration
    /// The first day, as `2018-09-26`.
    public var firstDay: String
    /// The last day.
    public var lastDay: String
    /// Bytes in all files.
    public var bytes: Int
    /// Seconds that it took.
    public var seconds: Double

    /// The path of `articles.csv`.
    public var articles: String { "\(folder)/articles.csv" }
    /// The path of `customers.csv`.
    public var customers: String { "\(folder)/customers.csv" }
    /// The path of `transactions_train.csv`.
    public var transactions: String { "\(folder)/transactions_train.csv" }
    /// The path of `truth.json`: the configuration, from which all preferences can be computed again.
    public var truth: String { "\(folder)/truth.json" }
}
