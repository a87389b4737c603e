import Tensor

/// For whom to recommend, how many items, and which items may appear.
public struct RecommendationRequest: Sendable {
    /// The users, as indices of the dataset; `-1` is a user seen nowhere.
    public var users: [Int32]
    /// How many items each list may hold, at least 1.
    public var k: Int
    /// Items that must not appear: row `i` belongs to `users[i]`.
    public var exclude: SparseRows?
    /// One truth value an item; items that are `false` (out of stock, another category) never appear.
    public var allowed: [Bool]?
    /// The moment for which to recommend, in seconds since 1970: the season that context features see, and the age of
    /// the history.
    public var at: Int64
    /// What each user bought, in time order: row `i` belongs to `users[i]`; nil takes the windows that the model was
    /// fitted on.
    public var history: SparseRows?
    /// The moments (seconds since 1970) of the entries of ``history``, in the same order; nil takes every entry as
    /// equally old.
    public var historyTimes: [Int64]?

    /// Makes a request.
    public init(
        users: [Int32], k: Int, exclude: SparseRows? = nil, allowed: [Bool]? = nil, at: Int64,
        history: SparseRows? = nil, historyTimes: [Int64]? = nil
    ) {
        precondition(k >= 1, "a list holds at least one item")
        self.users = users
        self.k = k
        self.exclude = exclude
        self.allowed = allowed
        self.at = at
        self.history = history
        self.historyTimes = historyTimes
    }
    /// The same request for some of its users: the places `rows` of ``users``.
    func rows(_ rows: Range<Int>) -> RecommendationRequest {
        func cut(_ matrix: SparseRows) -> SparseRows {
            let entries = matrix.offsets[rows.lowerBound]..<matrix.offsets[rows.upperBound]
            return SparseRows(
                columns: matrix.columns,
                offsets: matrix.offsets[rows.lowerBound...rows.upperBound].map { $0 - entries.lowerBound },
                indices: Array(matrix.indices[entries]), values: matrix.values.map { Array($0[entries]) })
        }
        var part = self
        part.users = Array(users[rows])
        part.exclude = exclude.map(cut)
        part.history = history.map(cut)
        if let history, let historyTimes {
            part.historyTimes = Array(
                historyTimes[history.offsets[rows.lowerBound]..<history.offsets[rows.upperBound]])
        }
        return part
    }
}
