import Core
import Features
import Tensor

/// A vector for each user and each item: what every factor model comes to, however it was trained.
///
/// score(u, i) = ⟨u, v_i⟩ + b_i
///
/// Users without training interactions have a row of zeros. Who brings a history is given a vector made of the items in
/// it; all others get the items by popularity. Items without training interactions are in no list.
package struct Factors: Sendable {
    /// `U × D`; a row of zeros for a user who was not trained.
    package let users: Matrix
    /// `N × D`; rows of items that were not trained are not looked at.
    package let items: Matrix
    /// b, `N` numbers; nil: there is none.
    package let itemBias: [Float]?
    /// Each item's share of the most popular item's weight; 0 for an item that was not trained. `N` numbers.
    package let popularity: [Float]
    /// What it was fitted on.
    package let shape: DatasetShape
    /// Which users have a row other than zeros.
    package let isTrained: [Bool]

    /// Puts factors together.
    package init(users: Matrix, items: Matrix, itemBias: [Float]? = nil, popularity: [Float], shape: DatasetShape) {
        precondition(users.columns == items.columns, "users and items have as many dimensions")
        precondition(popularity.count == items.rows, "each item has a popularity")
        precondition(itemBias.map { $0.count == items.rows } ?? true, "each item has a bias")
        self.users = users
        self.items = items
        self.itemBias = itemBias
        self.popularity = popularity
        self.shape = shape
        isTrained = (0..<users.rows).map { users.row($0).contains { $0 != 0 } }
    }

    /// D.
    package var dimension: Int { items.columns }

    /// - Throws: `invalidData` if `data` has another index space than the one that the factors belong to.
    package func check(_ data: InteractionDataset) throws {
        try shape.check(data)
        guard users.rows == data.users.count, items.rows == data.items.count else {
            throw MartletError(
                .invalidData,
                "the model knows \(users.rows) users and \(items.rows) items, the dataset has \(data.users.count) and "
                    + "\(data.items.count)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
    }

    /// Each item's share of the most popular item's weight, from the weights of all interactions.
    package static func popularity(_ histories: UserHistories, itemCount: Int) -> [Float] {
        var sums = [Float](repeating: 0, count: itemCount)
        for entry in 0..<histories.count { sums[Int(histories.items[entry])] += histories.weights[entry] }
        let largest = max(sums.max() ?? 0, .leastNonzeroMagnitude)
        return sums.map { $0 / largest }
    }
}

// MARK: - Scores

extension Factors {
    /// The scores of pairs; −∞ for an item that was not trained, its popularity for a user who was not.
    ///
    /// - Throws: `invalidData` on a dataset of another shape, or for an index outside it.
    /// - Complexity: O(pairs · D)
    package func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        try check(data)
        try checkIndices(users, in: -1..<data.users.count, of: "user")
        try checkIndices(items, in: 0..<data.items.count, of: "item")
        return zip(users, items).map { user, item in
            guard popularity[Int(item)] > 0 else { return -.infinity }
            guard user >= 0, isTrained[Int(user)] else { return popularity[Int(item)] }
            return dot(
                UnsafeBufferPointer(self.users.row(Int(user))), UnsafeBufferPointer(self.items.row(Int(item))))
                + (itemBias?[Int(item)] ?? 0)
        }
    }

    /// The trained items whose vectors have the largest cosine with each item's; an item that was not trained has none.
    ///
    /// - Throws: `invalidData` for an index outside the catalogue.
    /// - Complexity: O(N · D · items)
    package func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        try checkIndices(items, in: 0..<self.items.rows, of: "item")
        let directions = self.items.copy()
        for item in 0..<directions.rows {
            let vector = directions.row(item)
            let length = max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
            for place in vector.indices { vector[place] /= length }
        }
        let queries = Matrix(rows: items.count, columns: dimension)
        for (row, item) in items.enumerated() {
            _ = queries.row(row).update(fromContentsOf: UnsafeBufferPointer(directions.row(Int(item))))
        }
        let itself = SparseRows(columns: directions.rows, offsets: Array(0...items.count), indices: items)
        var lists = topK(
            queries: queries, items: directions, k: k, exclude: itself, allowed: popularity.map { $0 > 0 })
        for (row, item) in items.enumerated() where popularity[Int(item)] == 0 {
            for place in row * k..<(row + 1) * k { (lists.items[place], lists.scores[place]) = (-1, -.infinity) }
        }
        return lists
    }
}
