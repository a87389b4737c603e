import Features
import Index
import Models
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The items whose vectors fit the user's vector best.
struct TowerSource: CandidateSource {
    let configuration: CandidateSourceConfiguration
    let name: String
    var isImmediate: Bool { true }

    init(_ configuration: CandidateSourceConfiguration) {
        self.configuration = configuration
        name = configuration.name
    }

    /// Searches the index; what filters would drop is left out of the search, so that it still finds as many.
    ///
    /// Items of the user's history may be owed something for being bought before (``QueryTower/repeats(_:)``): they are
    /// scored one by one, and the better of both make the list.
    func propose(_ batch: RequestBatch) throws -> [[ScoredItem]] {
        guard let index = batch.bundle.index, let tower = batch.bundle.tower else {
            return batch.requests.map { _ in [] }
        }
        let request = batch.modelRequest(k: configuration.take)
        let queries =
            configuration.averages
            ? averages(batch, index: index) : try tower.queries(request, features: batch.features)
        let repeats = configuration.averages ? nil : try tower.repeats(request)
        return try (0..<batch.count).map { row in
            let query = queries.row(row)
            // Nothing is known of the user.
            guard query.contains(where: { $0 != 0 }), query.allSatisfy(\.isFinite) else { return [] }
            let single = Matrix(rows: 1, columns: queries.columns)
            _ = single.row(0).update(fromContentsOf: UnsafeBufferPointer(query))
            let filters = batch.filters[row]
            let owed = (repeats?[row] ?? []).filter { entry in !filters.contains { $0.drops(entry.item) } }
            var excluded = Set(filters.flatMap(\.excluded))
            excluded.formUnion(owed.map(\.item))
            let filter = SearchFilter(
                allowed: batch.allowedMask(row),
                exclude: excluded.isEmpty
                    ? nil
                    : SparseRows(
                        columns: batch.bundle.data.items.count, offsets: [0, excluded.count],
                        indices: excluded.sorted()))
            let lists = try index.search(single, k: min(configuration.take, max(index.count, 1)), filter: filter)
            var found = zip(lists[0], lists.scores(0)).map { ScoredItem(item: $0, score: $1) }
            guard !owed.isEmpty else { return found }
            for entry in owed {
                guard let vector = index.vector(of: entry.item) else { continue }
                let product = zip(query, vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                found.append(ScoredItem(item: entry.item, score: product + entry.bonus))
            }
            found.sort { ($1.score, $0.item) < ($0.score, $1.item) }
            return Array(found.prefix(configuration.take))
        }
    }

    /// The mean of the vectors of each user's last items, the recent ones counting more.
    func averages(_ batch: RequestBatch, index: any VectorIndex) -> Matrix {
        let queries = Matrix(rows: batch.count, columns: index.dimensions)
        for (row, visitor) in batch.visitors.enumerated() {
            let query = queries.row(row)
            for contact in visitor.contacts.suffix(configuration.history) {
                guard let vector = index.vector(of: contact.item) else { continue }
                let age = max(0, Double(batch.now - contact.time))
                let weight = Float(exp2(-age / configuration.halfLife))
                for place in 0..<batch.bundle.directionWidth { query[place] += weight * vector[place] }
            }
            let length = query.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { continue }
            for place in query.indices { query[place] /= length }
        }
        return queries
    }
}
