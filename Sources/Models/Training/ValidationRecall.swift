import Core
import Features
import Tensor

/// Recall@k over the validation window, all items ranked: what early stopping looks at.
///
/// recall = mean over users of |top k ∩ bought| / |bought|, bought counted once an item; users without training
/// interactions are left out. What a user had before may return, unless the options say that it does not.
struct ValidationRecall: Sendable {
    /// The length of the lists.
    let k: Int
    /// The users looked at.
    let users: [Int32]
    /// The moment that lists are made for.
    let at: Int64
    /// What must not stand in their lists: row `i` belongs to `users[i]`; nil: anything may.
    let exclude: SparseRows?
    private let truth: [Set<Int32>]

    /// Takes the validation window's users, a sample of them if there are very many; nil if there are none, or if the
    /// options ask for no early stopping: a window that was learned from says nothing about when to stop.
    ///
    /// - Parameter mostUsers: the most users that are looked at; more would cost time and tell little.
    init?(_ data: InteractionDataset, _ options: TrainingOptions, mostUsers: Int = 20_000) throws {
        guard !options.windows.contains(.validation), options.epochs == nil else { return nil }
        let part = try data.interactions(.validation)
        var bought: [Int32: Set<Int32>] = [:]
        for row in 0..<part.count where part.users[row] >= 0 && Int(part.users[row]) < data.users.trainedCount {
            if part.items[row] >= 0 { bought[part.users[row], default: []].insert(part.items[row]) }
        }
        var users = bought.keys.sorted()
        if users.count > mostUsers {
            var random = RandomSource(seed: options.seed, stream: 2)
            random.shuffle(&users)
            users = users.prefix(mostUsers).sorted()
        }
        guard !users.isEmpty else { return nil }
        k = options.validationMetricK
        self.users = users
        exclude = try options.excludesSeen ? data.history(options.windows).gathering(rows: users) : nil
        truth = users.map { bought[$0]! }
        at = data.split.validationStart
    }

    /// The metric's name.
    var name: String { "recall@\(k)" }

    /// What to ask a model for.
    var request: RecommendationRequest { RecommendationRequest(users: users, k: k, exclude: exclude, at: at) }

    /// What the user at `row` of ``users`` took.
    func taken(_ row: Int) -> Set<Int32> { truth[row] }

    /// The metric of lists made for ``users``.
    func measure(_ lists: RankedLists) -> Double {
        var sum = 0.0
        for (row, truth) in truth.enumerated() {
            sum += Double(lists[row].count { truth.contains($0) }) / Double(truth.count)
        }
        return sum / Double(truth.count)
    }
}
