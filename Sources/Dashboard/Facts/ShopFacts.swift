import Stores

/// What only a project knows, as values: the command line hands it to the pages.
///
/// All calls may be slow (they read stores and models), may fail, and come from any task.
public protocol ShopFacts: Sendable {
    /// The shop's name.
    var shop: String { get }

    /// Whether what should be up is up, the most important first.
    func checks() async -> [HealthCheck]

    /// What has been published.
    ///
    /// - Throws: `unavailable`, `unauthorized`, `corrupted`; nothing published is no fault.
    func published() async throws -> PublishedFacts

    /// Makes the version before the live one live again, and returns its number.
    ///
    /// - Throws: `notFound` if there is none, `busy` if someone publishes now.
    func rollBack() async throws -> Int

    /// How the lists of two versions differ.
    ///
    /// - Throws: `notFound` if one of them is gone.
    func difference(from: Int, to: Int) async throws -> ListDifference

    /// What is known of a user, and why their list is as it is.
    ///
    /// - Throws: as ``published()``; an unknown user is no fault.
    func shopper(_ user: String) async throws -> ShopperFacts

    /// Some users whose pages are worth a look.
    func someShoppers() async -> [String]

    /// An item and those like it in the live version; nil if there is no such item.
    func item(_ id: String) async throws -> ItemFacts?

    /// The items as a model of the run sees them, in two dimensions; nil if no model of the run has vectors.
    func itemMap(run: String) async throws -> ItemMap?
}

/// One thing that should be up, and whether it is.
public struct HealthCheck: Sendable, Hashable {
    /// How well it is.
    public enum State: String, Sendable {
        /// As it should be.
        case ok
        /// Worth a look.
        case warning
        /// Down, or wrong.
        case error
    }

    /// What was looked at.
    public var name: String
    /// How well it is.
    public var state: State
    /// What was found.
    public var text: String

    /// Makes a check's outcome.
    public init(name: String, state: State, text: String) {
        self.name = name
        self.state = state
        self.text = text
    }
}

/// The versions of a shop's lists.
public struct PublishedFacts: Sendable {
    /// All complete versions, the oldest first.
    public var versions: [PublishedVersion]
    /// Since when the live one is live, in seconds since 1970; nil if nothing is.
    public var liveSince: Int64?
    /// What messages call the store.
    public var store: String

    /// Collects what is known of the versions.
    public init(versions: [PublishedVersion], liveSince: Int64?, store: String) {
        self.versions = versions
        self.liveSince = liveSince
        self.store = store
    }

    /// The live version.
    public var live: PublishedVersion? { versions.first(where: \.isLive) }
}
