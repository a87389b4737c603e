import Core
import Features
import Synchronization
import Tensor

/// Lists, scores and likeness of a model that knows a user by the items of a history alone.
///
/// Scores are those of the rule and, far below, the items' popularity: it orders what the rule leaves equal, and is all
/// that a user without history gets.
struct HistoryRanking<Scorer: HistoryScorer>: Sendable {
    /// The rule.
    let scorer: Scorer
    /// Each item's share of the most popular item's weight, `N` numbers.
    let popularity: [Float]
    /// What the rule was fitted on.
    let shape: DatasetShape
    /// How much more the recent items of a history weigh; see ``Tensor/SparseRows/distinct(recency:)``.
    let recency: Float

    /// How far the popular items that fill a list up lie below what the rule says.
    private var fillScale: Float { 1e-6 }

    init(_ scorer: Scorer, popularity: [Float], shape: DatasetShape, recency: Float = 0) {
        precondition(popularity.count == scorer.itemCount, "each item has a popularity")
        self.scorer = scorer
        self.popularity = popularity
        self.shape = shape
        self.recency = recency
    }

    /// The best items of each user.
    ///
    /// - Throws: `invalidData` on a dataset of another shape, or for a user outside it.
    /// - Complexity: O(users · N) and what the rule takes; memory: 32 · N numbers a thread.
    func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        let histories = try histories(of: request.users, request.history, data)
        let hidden = request.allowed.map { allowed in (0..<Int32(popularity.count)).filter { !allowed[Int($0)] } } ?? []
        var lists = RankedLists(count: request.users.count, k: request.k)
        rank(histories, k: request.k, fill: fillScale, into: &lists) { row, scores in
            for item in hidden { scores[Int(item)] = .nan }
            for item in request.exclude?[row] ?? [] { scores[Int(item)] = .nan }
        }
        return lists
    }

    /// The items that a history of the one item alone scores above 0, itself left out.
    ///
    /// - Throws: `invalidData` for an index outside the catalogue.
    func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        try checkIndices(items, in: 0..<popularity.count, of: "item")
        var lists = RankedLists(count: items.count, k: k)
        let histories = SparseRows(columns: popularity.count, offsets: Array(0...items.count), indices: items)
        rank(histories, k: k, fill: 0, into: &lists) { row, scores in
            scores[Int(items[row])] = .nan
            for item in scores.indices where !(scores[item] > 0) { scores[item] = .nan }
        }
        return lists
    }

    /// The scores of pairs.
    ///
    /// - Throws: `invalidData` on a dataset of another shape, or for an index outside it.
    func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        try checkIndices(items, in: 0..<popularity.count, of: "item")
        let distinct = Set(users).sorted()
        let histories = try histories(of: distinct, nil, data)
        var pairs: [Int32: [Int]] = [:]
        for (pair, user) in users.enumerated() { pairs[user, default: []].append(pair) }
        var result = [Float](repeating: 0, count: users.count)
        let row = Matrix(rows: 1, columns: popularity.count)
        for (place, user) in distinct.enumerated() {
            for item in popularity.indices { row.values[item] = fillScale * popularity[item] }
            scorer.add(histories, rows: place..<place + 1, to: row.pointer)
            for pair in pairs[user]! { result[pair] = row.values[Int(items[pair])] }
        }
        return result
    }

    /// - Throws: `invalidData` if `data` has another index space than the one that the rule was fitted on.
    func check(_ data: InteractionDataset) throws {
        try shape.check(data)
        guard popularity.count == data.items.count else {
            throw MartletError(
                .invalidData, "the model knows \(popularity.count) items, the dataset has \(data.items.count)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
    }
}

// MARK: - Ranking

extension HistoryRanking {
    /// Row `i`: the distinct items of `users[i]`, or of the history that the request brings for it.
    private func histories(
        of users: [Int32], _ brought: SparseRows?, _ data: InteractionDataset
    ) throws -> SparseRows {
        try check(data)
        try checkIndices(users, in: -1..<data.users.count, of: "user")
        return try (brought ?? data.history(shape.windows).gathering(rows: users)).distinct(recency: recency)
    }

    /// Scores all items for blocks of rows, hides what `hide` sets to NaN, and keeps the best.
    ///
    /// Blocks are handed out as threads become free: each list is the work of one block, so who makes it does not
    /// matter.
    private func rank(
        _ histories: SparseRows, k: Int, fill: Float, into lists: inout RankedLists,
        hide: @Sendable (_ row: Int, _ scores: UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        let count = popularity.count
        let block = 32
        let blocks = (histories.rows + block - 1) / block
        let next = Atomic(0)
        lists.items.withUnsafeMutableBufferPointer { items in
            lists.scores.withUnsafeMutableBufferPointer { listed in
                nonisolated(unsafe) let (items, listed) = (items, listed)
                parallelFor(min(blocks, Threads.count)) { _, _ in
                    let scores = Matrix(rows: min(block, histories.rows), columns: count)
                    var best = BestItems(k: k)
                    while true {
                        let start = next.add(1, ordering: .relaxed).oldValue * block
                        guard start < histories.rows else { break }
                        let rows = start..<min(start + block, histories.rows)
                        popularity.withUnsafeBufferPointer { popularity in
                            for row in 0..<rows.count {
                                let line = scores.pointer + row * count
                                for item in 0..<count { line[item] = fill * popularity[item] }
                            }
                        }
                        scorer.add(histories, rows: rows, to: scores.pointer)
                        for row in rows {
                            let line = scores.row(row - start)
                            hide(row, line)
                            best.offer(all: UnsafeBufferPointer(line))
                            for (rank, entry) in best.drain().enumerated() {
                                items[row * k + rank] = entry.item
                                listed[row * k + rank] = entry.score
                            }
                        }
                    }
                }
            }
        }
    }
}
