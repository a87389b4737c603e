import Core

/// How large a generated shop is, and what its shoppers are like.
///
/// Configuration and seed say everything: the same ones make the same three files, byte for byte.
public struct GeneratorConfiguration: Sendable, Codable, Hashable {
    /// How many customers the shop has by its last day.
    public var users: Int
    /// How many articles it has sold by its last day.
    public var items: Int
    /// How many purchases there are, exactly.
    public var transactions: Int
    /// The seed of every random choice.
    public var seed: UInt64
    /// How many weeks the shop is open; the last day is always 2020-09-22.
    public var weeks: Int
    /// What the shoppers and the articles are like.
    public var preferences: ShopPreferences

    /// Describes a shop; the defaults are those of the demo.
    ///
    /// - Parameters:
    ///   - users: 1 … 100 million.
    ///   - items: 1 … 10 million.
    ///   - transactions: at least `users`, as every customer joins with a purchase.
    ///   - seed: any number.
    ///   - weeks: 8 … 1000.
    ///   - preferences: what the shoppers and the articles are like.
    public init(
        users: Int = 5_000, items: Int = 1_000, transactions: Int = 200_000, seed: UInt64 = 1, weeks: Int = 104,
        preferences: ShopPreferences = ShopPreferences()
    ) {
        self.users = users
        self.items = items
        self.transactions = transactions
        self.seed = seed
        self.weeks = weeks
        self.preferences = preferences
    }

    /// Refuses what cannot be generated.
    ///
    /// - Throws: `invalidConfiguration` that names the number, its range, and a way to fix it.
    public func check() throws {
        try check("users", users, 1...100_000_000)
        try check("items", items, 1...10_000_000)
        try check("weeks", weeks, 8...1_000)
        try check("transactions", transactions, 1...100_000_000_000)
        guard transactions >= users else {
            throw MartletError(
                .invalidConfiguration,
                "\(transactions) transactions are too few for \(users) users: every customer joins with a purchase",
                hint: "ask for at least \(users) transactions, or for fewer users")
        }
        try preferences.check()
    }

    private func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard !range.contains(value) else { return }
        throw MartletError(
            .invalidConfiguration,
            "the number of \(name) must lie in \(range.lowerBound)…\(range.upperBound), found \(value)",
            hint: "choose another number of \(name)")
    }
}
