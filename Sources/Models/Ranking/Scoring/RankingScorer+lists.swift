import Core
import Features
import Tensor

extension RankingScorer {
    /// The best items of every user of a request.
    ///
    /// - Complexity: O(users · N · network)
    func lists(
        _ request: RecommendationRequest, histories: UserHistories? = nil, threads: Int?
    ) throws -> RankedLists {
        let lists = Lists(count: request.users.count, k: request.k)
        try forEachUser(request, histories: histories, threads: threads) { row, memory, run in
            var best = BestItems(k: request.k)
            let hidden = (request.exclude?[row]).map { $0.sorted() } ?? []
            var next = 0
            run { first, count in
                let targets = memory.space.logits.columns
                for place in 0..<count {
                    let item = Int32(first + place)
                    while next < hidden.count, hidden[next] < item { next += 1 }
                    if next < hidden.count, hidden[next] == item { continue }
                    if let allowed = request.allowed, !allowed[Int(item)] { continue }
                    best.offer(item, score: score(memory.space.logits.pointer + place * targets, item: item))
                }
            }
            for (rank, entry) in best.drain().enumerated() {
                lists.items[row * request.k + rank] = entry.item
                lists.scores[row * request.k + rank] = entry.score
            }
        }
        return lists.ranked
    }

    /// The logits of some users for all items, `users × N`, of the first target.
    func logits(_ request: RecommendationRequest, threads: Int?) throws -> Matrix {
        let result = Matrix(rows: request.users.count, columns: data.items.count)
        try forEachUser(request, histories: nil, threads: threads) { row, memory, run in
            run { first, count in
                let targets = memory.space.logits.columns
                for place in 0..<count {
                    result.pointer[row * result.columns + first + place] = memory.space.logits.pointer[place * targets]
                }
            }
        }
        return result
    }

    /// The logits of pairs `(users[i], items[i])`, `B × T`, at a moment.
    func logits(
        users: [Int32], items: [Int32], at: Int64, histories given: UserHistories? = nil, threads: Int?
    ) throws -> Matrix {
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        let request = RecommendationRequest(users: users, k: 1, at: at)
        let result = Matrix(rows: users.count, columns: targetWeights.count)
        try forEachUser(request, histories: given, threads: threads, items: { Int(items[$0])..<Int(items[$0]) + 1 }) {
            row, memory, run in
            run { _, _ in
                (result.pointer + row * result.columns).update(
                    from: memory.space.logits.pointer, count: result.columns)
            }
        }
        return result
    }

    /// Runs all items (or those that `items` says) for each user of a request.
    ///
    /// - Parameter body: is given the user's row, the memory, and what runs the blocks: each is told to its argument
    ///   by its first item and its length, when its logits lie in the memory.
    private func forEachUser(
        _ request: RecommendationRequest, histories given: UserHistories?, threads: Int?,
        items: @Sendable (Int) -> Range<Int>? = { _ in nil },
        _ body: @Sendable (Int, Memory, ((Int, Int) -> Void) -> Void) -> Void
    ) throws {
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let moment = try ContextCodes(shape.inputs.contextFeatures, at: request.at, data: data).codes
        let histories = inputs.fields.history == nil ? nil : try given ?? histories(request)
        parallelFor(request.users.count, threads: threads) { range, _ in
            let memory = Memory(network, targets: targetWeights.count)
            for row in range {
                let user = request.users[row]
                let wanted = items(row) ?? 0..<data.items.count
                let repeats = prepare(
                    memory, user: user, moment: moment,
                    history: histories.map {
                        ($0.entries(of: request.history == nil ? user : Int32(row)), $0)
                    }, at: request.at, rows: wanted.count)
                body(row, memory) { take in
                    var next = repeats.startIndex
                    for first in stride(from: wanted.lowerBound, to: wanted.upperBound, by: Self.blockRows) {
                        let end = min(first + Self.blockRows, wanted.upperBound)
                        while next < repeats.endIndex, repeats[next].item < first { next += 1 }
                        var last = next
                        while last < repeats.endIndex, repeats[last].item < end { last += 1 }
                        run(memory, items: first..<end, repeats: repeats[next..<last])
                        next = last
                        take(first, end - first)
                    }
                }
            }
        }
    }
}

/// Lists that workers write to, each its own rows.
private final class Lists: @unchecked Sendable {
    // Sendable: each row is written by the one worker that has its user, and read when all are done.

    private let count: Int
    private let k: Int
    let items: UnsafeMutableBufferPointer<Int32>
    let scores: UnsafeMutableBufferPointer<Float>

    init(count: Int, k: Int) {
        self.count = count
        self.k = k
        items = .allocate(capacity: count * k)
        items.initialize(repeating: -1)
        scores = .allocate(capacity: count * k)
        scores.initialize(repeating: -.infinity)
    }

    deinit {
        items.deallocate()
        scores.deallocate()
    }

    var ranked: RankedLists { RankedLists(count: count, k: k, items: Array(items), scores: Array(scores)) }
}
