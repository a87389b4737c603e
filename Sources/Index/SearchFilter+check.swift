import Core
import Tensor

extension SearchFilter {
    /// Holds a search against the shapes that an index expects.
    ///
    /// - Throws: `invalidData`.
    package func check(_ queries: Matrix, k: Int, dimensions: Int) throws {
        guard queries.columns == dimensions else {
            throw MartletError(
                .invalidData, "queries have \(queries.columns) dimensions, the index's vectors \(dimensions)",
                hint: "query with the model that made the index")
        }
        guard k >= 1 else { throw MartletError(.invalidData, "a list has at least one place, not \(k)") }
        if let exclude, exclude.rows != queries.rows {
            throw MartletError(.invalidData, "\(exclude.rows) rows of excluded keys for \(queries.rows) queries")
        }
    }

    /// Whether query `row` may find `key`.
    package func lets(_ key: Int32, row: Int) -> Bool {
        if let allowed, Int(key) >= allowed.count || !allowed[Int(key)] { return false }
        return exclude?[row].contains(key) != true
    }
}
