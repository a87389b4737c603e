import Core
import Features
import Flow
import Stores

/// The lists that a run's step `recommend` made, before or after they are published.
public struct RecommendedLists {
    /// One place of a list.
    public struct Item: Sendable {
        /// The item's id.
        public var id: String
        /// What the model thinks of it; only the order within a list means something.
        public var score: Float
        /// The item's title, if the project names a column for it.
        public var title: String?
    }

    private let data: InteractionDataset
    private let users: ListTable
    private let titles: Column?

    /// Opens what a run left.
    ///
    /// - Throws: `notFound` if the run has not recommended yet.
    public init(runner: ShopRunner, run: String) throws {
        let result = try runner.result(of: .recommend, run: run)
        let folder = try runner.store.path(run: run, step: "recommend", artifact: "lists")
        let data = try InteractionDataset.open(
            runner.store.path(run: run, step: result.value["dataset"]?.string ?? "", artifact: "dataset"))
        self.data = data
        users = try ListTable("\(folder)/users")
        titles = try data.title.flatMap { try data.catalogue?.column($0) }
    }

    /// The id of the user with the most interactions.
    public var firstUser: String { data.users.id(0) }

    /// The first `k` items of a user's list, all if nil; empty for a user who gets the fallback.
    ///
    /// - Throws: `notFound` if the user is not in the data.
    public func list(of user: String, k: Int? = nil) throws -> [Item] {
        guard let index = data.users.index(of: user) else {
            throw MartletError(
                .notFound, "there is no user '\(user)' in the data",
                hint: "ids are compared letter by letter; a served unknown user gets the fallback")
        }
        guard index < users.count, let list = users.list(index) else { return [] }
        return zip(list.items, list.scores).prefix(k ?? .max).map { item, score in
            Item(id: data.items.id(Int(item)), score: score, title: titles?.text(Int(item)))
        }
    }
}
