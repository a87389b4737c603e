import Core
import FoundationEssentials

/// Makes fashion shops in H&M's three files whose shoppers' preferences are known.
///
/// The shop's articles fall into *styles*: one section, one kind of garment and one family of colours, so that an
/// article's attributes tell of its style. Shoppers and styles have latent factors; the shopper's come in part from
/// age and region, the style's from its attributes. A shopper likes four styles, drawn by a softmax over the inner
/// products, and buys as ``ShopPreferences`` says. Articles come and fade, seasons and trends move tastes, prices fall
/// as fashions fade, and customers join over time.
public struct ShopGenerator: Sendable {
    /// What the shop is like.
    public let configuration: GeneratorConfiguration
    /// How many threads make it; the files do not depend on it.
    public let threads: Int

    /// Makes a generator.
    ///
    /// - Parameters:
    ///   - configuration: what the shop is like.
    ///   - threads: how many threads may be used; nil for all cores.
    /// - Throws: `invalidConfiguration` for numbers that make no shop.
    public init(configuration: GeneratorConfiguration = GeneratorConfiguration(), threads: Int? = nil) throws {
        try configuration.check()
        self.configuration = configuration
        self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Writes `articles.csv`, `customers.csv`, `transactions_train.csv` and `truth.json` into a folder.
    ///
    /// Each file is written under a temporary name and renamed when it is whole; `truth.json` comes last.
    ///
    /// - Parameters:
    ///   - folder: made if it is not there; files of these names are replaced.
    ///   - progress: where to say how far the work is.
    /// - Throws: `outOfSpace` or `system` if a file cannot be written.
    /// - Complexity: O(transactions + users · weeks) time; memory for the customers (some 130 bytes each), the articles
    ///   and one week's purchases.
    public func write(to folder: String, progress: any ProgressReporting = SilentProgress()) throws -> GeneratedShop {
        let begin = ContinuousClock.now
        let world = try World(configuration, threads: threads, progress: progress)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw MartletError(
                .system, "cannot make the folder \(folder)", hint: "check the path and who owns the folder above it",
                underlying: error)
        }
        var shop = GeneratedShop(
            folder: folder, configuration: configuration, firstDay: world.calendar.text(0),
            lastDay: world.calendar.text(7 * configuration.weeks - 1), bytes: 0, seconds: 0)
        // Without its truth a half-replaced shop is not taken for a whole one.
        try? FileManager.default.removeItem(atPath: shop.truth)
        progress.begin("write articles.csv")
        shop.bytes += try ArticlesFile(world: world).write(to: shop.articles)
        progress.end("write articles.csv", summary: "\(configuration.items) rows")
        progress.begin("write customers.csv")
        shop.bytes += try CustomersFile(world: world).write(to: shop.customers, progress: progress)
        progress.end("write customers.csv", summary: "\(configuration.users) rows")
        progress.begin("write transactions_train.csv")
        shop.bytes += try TransactionsFile(world).write(to: shop.transactions, progress: progress)
        progress.end("write transactions_train.csv", summary: "\(configuration.transactions) rows")
        try AtomicFile.write(try Truth(configuration: configuration).text(), to: shop.truth)
        let (whole, fraction) = (ContinuousClock.now - begin).components
        shop.seconds = Double(whole) + Double(fraction) * 1e-18
        return shop
    }
}
