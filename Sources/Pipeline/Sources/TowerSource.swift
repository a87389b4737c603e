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
        let asked = try asked(batch, index: index, tower: tower)
        let queries = asked.queries
        return try (0..<batch.count).map { row in
            guard asked.isKnown(row) else { return [] }
            let query = queries.row(row)
            let single = Matrix(rows: 1, columns: queries.columns)
            _ = single.row(0).update(fromContentsOf: UnsafeBufferPointer(query))
            let excluded = asked.hidden(row, batch)
            let filter = SearchFilter(
                allowed: batch.allowedMask(row),
                exclude: excluded.isEmpty
                    ? nil
                    : SparseRows(
                        columns: batch.bundle.data.items.count, offsets: [0, excluded.count],
                        indices: excluded))
            let lists = try index.search(single, k: min(configuration.take, max(index.count, 1)), filter: filter)
            let found = zip(lists[0], lists.scores(0)).map { ScoredItem(item: $0, score: $1) }
            return joined(found, asked, row, index: index)
        }
    }

    /// What the index is asked for the users of a batch.
    struct Asked {
        /// A vector for each user.
        var queries: Matrix
        /// What is scored one by one, with what it is owed for being bought before.
        var owed: [[(item: Int32, bonus: Float)]]

        /// Whether anything is known of a user.
        func isKnown(_ row: Int) -> Bool {
            queries.row(row).contains { $0 != 0 } && queries.row(row).allSatisfy(\.isFinite)
        }

        /// The items that a search leaves out, rising.
        func hidden(_ row: Int, _ batch: RequestBatch) -> [Int32] {
            Set(batch.filters[row].flatMap(\.excluded) + owed[row].map(\.item)).sorted()
        }
    }

    /// Makes the users' vectors, and finds what is owed something.
    func asked(_ batch: RequestBatch, index: any VectorIndex, tower: QueryTower) throws -> Asked {
        let request = batch.modelRequest(k: configuration.take)
        let queries =
            configuration.averages
            ? averages(batch, index: index) : try tower.queries(request, features: batch.features)
        let repeats = configuration.averages ? nil : try tower.repeats(request)
        let owed = (0..<batch.count).map { row in
            (repeats?[row] ?? []).filter { entry in !batch.filters[row].contains { $0.drops(entry.item) } }
        }
        return Asked(queries: queries, owed: owed)
    }

    /// What a search found and what is scored one by one, the best of both.
    func joined(_ found: [ScoredItem], _ asked: Asked, _ row: Int, index: any VectorIndex) -> [ScoredItem] {
        guard !asked.owed[row].isEmpty else { return found }
        var found = found
        for entry in asked.owed[row] {
            guard let vector = index.vector(of: entry.item) else { continue }
            let product = zip(asked.queries.row(row), vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            found.append(ScoredItem(item: entry.item, score: product + entry.bonus))
        }
        found.sort { ($1.score, $0.item) < ($0.score, $1.item) }
        return Array(found.prefix(configuration.take))
    }

    /// The mean of the vectors of each user's last items, the recent ones counting more.
    private func averages(_ batch: RequestBatch, index: any VectorIndex) -> Matrix {
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
