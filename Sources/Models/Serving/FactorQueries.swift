import Features
import Tensor

/// The vectors of a factor model at request time.
///
/// A trained user has a vector; who was not trained but brings a history is given one made of its items. The last
/// column carries the items' bias, if there is one.
struct FactorQueries: QueryTower {
    let factors: Factors
    /// Makes a vector of a history.
    let foldIn: Factors.FoldIn
    /// Whether a history that the request brings counts for more than the vector that was learned.
    let prefersHistory: Bool

    var findable: [Bool]? { factors.popularity.map { $0 > 0 } }

    private var width: Int { factors.dimension + (factors.itemBias == nil ? 0 : 1) }

    func itemVectors() throws -> Matrix {
        guard let bias = factors.itemBias else { return factors.items }
        let wide = Matrix(rows: factors.items.rows, columns: width)
        for item in 0..<wide.rows {
            let row = wide.row(item)
            _ = row.update(fromContentsOf: UnsafeBufferPointer(factors.items.row(item)))
            row[factors.dimension] = bias[item]
        }
        return wide
    }

    func queries(_ request: RecommendationRequest, features: [EncodedRow?]?) throws -> Matrix {
        try checkIndices(request.users, in: -1..<factors.users.rows, of: "user")
        let queries = Matrix(rows: request.users.count, columns: width)
        for (row, user) in request.users.enumerated() {
            let history = (request.history?[row] ?? []).filter { factors.popularity[Int($0)] > 0 }
            let isTrained = user >= 0 && factors.isTrained[Int(user)]
            let query = queries.row(row)
            if isTrained, !prefersHistory || history.isEmpty {
                _ = query.update(fromContentsOf: UnsafeBufferPointer(factors.users.row(Int(user))))
            } else if !history.isEmpty {
                _ = query.update(fromContentsOf: foldIn(history[...]))
            } else {
                continue
            }
            if factors.itemBias != nil { query[factors.dimension] = 1 }
        }
        return queries
    }
}

extension MatrixFactorizationModel: QueryModel {
    /// The vectors.
    package func queryTower(_ data: InteractionDataset) throws -> any QueryTower {
        let factors = try fitted
        try factors.check(data)
        return FactorQueries(factors: factors, foldIn: factors.meanDirection(), prefersHistory: false)
    }
}

extension LightGCNModel: QueryModel {
    /// The vectors.
    package func queryTower(_ data: InteractionDataset) throws -> any QueryTower {
        let factors = try fitted
        try factors.check(data)
        return FactorQueries(factors: factors, foldIn: factors.meanDirection(), prefersHistory: false)
    }
}

extension ImplicitALSModel: QueryModel {
    /// The vectors; histories are solved for, as in training.
    package func queryTower(_ data: InteractionDataset) throws -> any QueryTower {
        let factors = try fitted()
        try factors.check(data)
        return FactorQueries(factors: factors, foldIn: foldIn(factors), prefersHistory: true)
    }
}
