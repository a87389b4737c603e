import Core
import Features
import Tensor

extension Factors {
    /// Makes the vector of a user of whom only the items of a history are known.
    package typealias FoldIn = @Sendable (_ history: ArraySlice<Int32>) -> [Float]

    /// The best items of every user of a request.
    ///
    /// - Parameters:
    ///   - request: for whom.
    ///   - data: the dataset that the factors belong to.
    ///   - threads: the most threads to use; `Threads.count` if nil.
    ///   - foldIn: makes the vector (`D` numbers) of an untrained user whose history the request brings; nil takes the
    ///     history's mean direction at the trained users' mean length.
    /// - Throws: `invalidData` on a dataset of another shape, or for a user outside it.
    /// - Complexity: O(users · N · D)
    package func lists(
        _ request: RecommendationRequest, data: InteractionDataset, threads: Int? = nil, foldIn: FoldIn? = nil
    ) throws -> RankedLists {
        try check(data)
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let kinds = kinds(of: request)
        // Two more columns carry what is not in the vectors: the bias, and the popularity that newcomers see.
        let extra = itemBias != nil || kinds.contains(.newcomer) ? 2 : 0
        let queries = Matrix(rows: request.users.count, columns: dimension + extra)
        let makes = foldIn ?? meanDirection()
        for (row, kind) in kinds.enumerated() {
            let query = queries.row(row)
            switch kind {
            case .trained:
                _ = query.update(fromContentsOf: UnsafeBufferPointer(users.row(Int(request.users[row]))))
            case .folded:
                _ = query.update(fromContentsOf: makes(request.history![row].filter(isKnown)[...]))
            case .newcomer:
                query[dimension + 1] = 1
                continue
            }
            if extra > 0 { query[dimension] = 1 }
        }
        let allowed = popularity.indices.map { popularity[$0] > 0 && request.allowed?[$0] ?? true }
        return topK(
            queries: queries, items: extra > 0 ? widened() : items, k: request.k, exclude: request.exclude,
            allowed: allowed, threads: threads)
    }

    /// How a user of a request gets a vector.
    private enum Kind { case trained, folded, newcomer }

    private func kinds(of request: RecommendationRequest) -> [Kind] {
        request.users.enumerated().map { row, user in
            if user >= 0, isTrained[Int(user)] { return .trained }
            return request.history?[row].contains(where: isKnown) ?? false ? .folded : .newcomer
        }
    }

    private func isKnown(_ item: Int32) -> Bool { popularity[Int(item)] > 0 }

    /// The items with their bias and their popularity, `N × (D + 2)`.
    private func widened() -> Matrix {
        let wide = Matrix(rows: items.rows, columns: dimension + 2)
        for item in 0..<items.rows {
            let row = wide.row(item)
            _ = row.update(fromContentsOf: UnsafeBufferPointer(items.row(item)))
            row[dimension] = itemBias?[item] ?? 0
            row[dimension + 1] = popularity[item]
        }
        return wide
    }

    func meanDirection() -> FoldIn {
        var lengths: Float = 0
        var count: Float = 0
        for user in isTrained.indices where isTrained[user] {
            lengths += users.row(user).reduce(0) { $0 + $1 * $1 }.squareRoot()
            count += 1
        }
        let length = lengths / max(count, 1)
        let (items, dimension) = (items, dimension)
        return { history in
            var sum = [Float](repeating: 0, count: dimension)
            for item in history {
                let vector = items.row(Int(item))
                for place in 0..<dimension { sum[place] += vector[place] }
            }
            let own = max(sum.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
            return sum.map { $0 * length / own }
        }
    }
}
