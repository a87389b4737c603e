import Core
import Features
import Tensor

/// What every user did, in time order: the rows of some windows of a dataset sorted by user, then by time.
package struct UserHistories: Sendable {
    /// Where each user's entries begin; `U + 1` numbers.
    var offsets: [Int]
    /// Each entry's item.
    var items: [Int32]
    /// Each entry's moment, in seconds since 1970.
    var times: [Int64]
    /// Each entry's weight.
    var weights: [Float]
    /// Each entry's row in its window, and which of ``windows`` that is.
    var rows: [(window: UInt8, row: Int32)]
    /// The windows the entries come from.
    var windows: [Window]

    /// How many users there are.
    var userCount: Int { offsets.count - 1 }
    /// How many entries there are.
    var count: Int { items.count }

    /// The entries of `user`, oldest first; empty for a user outside the range.
    func entries(of user: Int32) -> Range<Int> {
        guard user >= 0, Int(user) < userCount else { return 0..<0 }
        return offsets[Int(user)]..<offsets[Int(user) + 1]
    }

    /// The latest moment of any entry, or nil if there is none.
    var end: Int64? { times.max() }

    /// Sorts the rows of `windows`; rows with an unknown user or item (`-1`) are left out.
    ///
    /// - Throws: `invalidData` for a weight that is not a positive finite number, and what reading the dataset throws.
    /// - Complexity: O(rows), O(rows · log rows) if a user's rows are not in time order.
    package init(_ data: InteractionDataset, windows: [Window]) throws {
        let parts = try windows.map { try data.interactions($0) }
        let userCount = data.users.count
        let itemCount = data.items.count
        var offsets = [Int](repeating: 0, count: userCount + 1)
        for (part, window) in zip(parts, windows) {
            for row in 0..<part.count where part.users[row] >= 0 && part.items[row] >= 0 {
                guard part.users[row] < userCount, part.items[row] < itemCount else {
                    throw MartletError(
                        .corrupted, "row \(row) of the \(window.rawValue) window points past the users or items",
                        hint: "build the dataset again")
                }
                guard part.weights[row] > 0, part.weights[row].isFinite else {
                    throw MartletError(
                        .invalidData,
                        "column 'weight', row \(row) of the \(window.rawValue) window: "
                            + "\(part.weights[row]) is no positive number",
                        hint: "filter such rows out in SQL, or leave 'weight' away")
                }
                offsets[Int(part.users[row]) + 1] += 1
            }
        }
        for user in 0..<userCount { offsets[user + 1] += offsets[user] }
        let total = offsets[userCount]
        var next = offsets
        var items = [Int32](repeating: 0, count: total)
        var times = [Int64](repeating: 0, count: total)
        var weights = [Float](repeating: 1, count: total)
        var rows = [(window: UInt8, row: Int32)](repeating: (0, 0), count: total)
        for (index, part) in parts.enumerated() {
            for row in 0..<part.count where part.users[row] >= 0 && part.items[row] >= 0 {
                let place = next[Int(part.users[row])]
                next[Int(part.users[row])] += 1
                items[place] = part.items[row]
                times[place] = part.times[row]
                weights[place] = part.weights[row]
                rows[place] = (UInt8(index), Int32(row))
            }
        }
        self.offsets = offsets
        self.items = items
        self.times = times
        self.weights = weights
        self.rows = rows
        self.windows = windows
        sortByTime()
    }

    /// Histories that a request brings along, row `i` for user `i`; without `times` all entries are of moment `at`.
    package init(_ history: SparseRows, times: [Int64]?, at: Int64) {
        precondition(times.map { $0.count == history.indices.count } ?? true, "each entry of a history has one time")
        offsets = history.offsets
        items = history.indices
        self.times = times ?? [Int64](repeating: at, count: history.indices.count)
        weights = history.values ?? [Float](repeating: 1, count: history.indices.count)
        rows = []
        windows = []
    }

    private mutating func sortByTime() {
        for user in 0..<userCount {
            let range = offsets[user]..<offsets[user + 1]
            guard range.dropFirst().contains(where: { times[$0] < times[$0 - 1] }) else { continue }
            let order = range.sorted { (times[$0], $0) < (times[$1], $1) }
            let sorted = order.map { (items[$0], times[$0], weights[$0], rows[$0]) }
            for (place, entry) in zip(range, sorted) {
                (items[place], times[place], weights[place], rows[place]) = entry
            }
        }
    }
}

extension UserHistories {
    /// The entry of the same user at which the moment of `entry` begins: what lies before it was bought earlier.
    ///
    /// Articles of one basket share a moment, so a basket never serves as the history of its own articles.
    func begin(ofMomentAt entry: Int, since first: Int) -> Int {
        var begin = entry
        while begin > first, times[begin - 1] == times[entry] { begin -= 1 }
        return begin
    }
}
