import Tensor

/// A model's lists for the judged users, and what tests need to know of users and items, as flat arrays.
public struct BehaviourSubject: Sendable {
    /// The model's name.
    public let model: String
    /// One list for each judged user.
    public let lists: RankedLists
    /// Row `i` holds the relevant items of list `i`.
    public let truth: SparseRows
    /// The metric that comparisons and slices are made by; its `k` says how many places of lists count.
    public let metric: RankingMetric
    /// How many users had each item in training, `N` numbers.
    public let popularity: [Int32]
    /// How many users there were in training.
    public let trainingUsers: Int
    /// What the user of each list had in training; nil if nobody knows.
    public let histories: SparseRows?
    /// Whether lists leave out what their user has.
    public let excludesSeen: Bool

    /// Whether the model says of itself that all users get one list, so that this is no news.
    public var isOneListForAll = false
    /// Slices of the lists' users.
    public var userSlices: [Slicing] = []
    /// Slices of the items.
    public var itemSlices: [Slicing] = []
    /// Where items lie relative to each other; nil if nobody knows.
    public var space: ItemSpace?
    /// The price of each item, NaN where there is none; nil if nobody knows.
    public var prices: [Double]?
    /// Another model's lists for the same users.
    public var champion: (name: String, lists: RankedLists)?
    /// Lists of some users before and after their history was changed a little, by test; `users` are places of
    /// ``lists``.
    public var perturbations: [BehaviourTest: (users: [Int], before: RankedLists, after: RankedLists)] = [:]
    /// How symmetric similar items are, for a sample of items.
    public var symmetry: [Double?]?
    /// The lists of the same model trained with another seed.
    public var rerun: RankedLists?
    /// What users get who were not there in training, and what they chose.
    public var newcomers: (lists: RankedLists, truth: SparseRows)?
    /// The id of the user of list `i`, as the shop writes it.
    public var userID: @Sendable (Int) -> String = { "\($0)" }

    /// How often each item stands in the lists and is found.
    public let tally: ItemTally
    /// The bestsellers for the same users.
    public let bestsellers: RankedLists

    /// Takes the lists.
    ///
    /// - Complexity: O(U · (R + k + seen) + N log N)
    public init(
        model: String, lists: RankedLists, truth: SparseRows, metric: RankingMetric, popularity: [Int32],
        trainingUsers: Int, histories: SparseRows?, excludesSeen: Bool
    ) {
        precondition(lists.count == truth.rows, "each list has a row of truth")
        precondition(histories.map { $0.rows == lists.count } ?? true, "each list has a history")
        self.model = model
        self.lists = lists
        self.truth = truth
        self.metric = metric
        self.popularity = popularity
        self.trainingUsers = trainingUsers
        self.histories = histories
        self.excludesSeen = excludesSeen
        tally = ItemTally(lists: lists, truth: truth, k: metric.k, itemCount: popularity.count)
        bestsellers = Bestsellers.lists(
            popularity: popularity, count: lists.count, k: metric.k, seen: excludesSeen ? histories : nil)
    }

    /// How many places of a list count.
    public var k: Int { metric.k }

    /// The size of the catalogue.
    public var itemCount: Int { popularity.count }

    /// The ids of the users of the first ten of these lists.
    func ids(_ lists: some Sequence<Int>) -> [String] { lists.prefix(10).map(userID) }
}
