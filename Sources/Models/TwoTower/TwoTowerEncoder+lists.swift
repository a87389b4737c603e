import Core
import Features
import Tensor

extension TwoTowerEncoder {
    /// What each user of a request is owed for items of the history; nil if repeats do not count.
    func repeats(
        _ request: RecommendationRequest, histories given: UserHistories? = nil
    ) throws -> [[(item: Int32, bonus: Float)]]? {
        guard let bonus = repeatBonus else { return nil }
        let histories = try given ?? histories(request)
        return request.users.indices.map { row in
            let user = request.history == nil ? request.users[row] : Int32(row)
            return bonus.items(histories.entries(of: user), of: histories, at: request.at)
        }
    }

    /// The best items of every user of a request.
    ///
    /// Items of a user's history are scored one by one, the others by an exact search that leaves the history out; the
    /// better of both make the list.
    ///
    /// - Complexity: O((users + N) · tower + users · N · D)
    func lists(
        _ request: RecommendationRequest, histories: UserHistories? = nil, threads: Int?
    ) throws -> RankedLists {
        let users = try users(request, histories: histories, threads: threads)
        let items = try items(threads: threads)
        guard let repeats = try repeats(request, histories: histories) else {
            return topK(
                queries: users, items: items, k: request.k, exclude: request.exclude, allowed: request.allowed,
                threads: threads)
        }
        var (offsets, left) = ([0], [Int32]())
        for (row, known) in repeats.enumerated() {
            left += Set(known.map(\.item)).union(request.exclude?[row] ?? []).sorted()
            offsets.append(left.count)
        }
        var lists = topK(
            queries: users, items: items, k: request.k,
            exclude: SparseRows(columns: items.rows, offsets: offsets, indices: left), allowed: request.allowed,
            threads: threads)
        for (row, known) in repeats.enumerated() {
            let hidden = Set(request.exclude?[row] ?? [])
            var best = BestItems(k: request.k)
            for entry in known where request.allowed?[Int(entry.item)] ?? true && !hidden.contains(entry.item) {
                let product = dot(
                    UnsafeBufferPointer(users.row(row)), UnsafeBufferPointer(items.row(Int(entry.item))))
                best.offer(entry.item, score: product + entry.bonus)
            }
            for place in row * request.k..<(row + 1) * request.k where lists.items[place] >= 0 {
                best.offer(lists.items[place], score: lists.scores[place])
            }
            for (rank, entry) in best.drain().enumerated() {
                lists.items[row * request.k + rank] = entry.item
                lists.scores[row * request.k + rank] = entry.score
            }
        }
        return lists
    }
}
