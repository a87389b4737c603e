import Features
import Index
import Models
import Tensor
import VectorStores

/// The items whose vectors fit the user's vector best, as ``TowerSource`` finds them, where a server keeps the vectors.
///
/// A server that does not answer is named in the answer, and the other sources answer without it.
struct ServerTowerSource: CandidateSource {
    private let tower: TowerSource
    private let vectors: ServedVectors
    var name: String { tower.name }
    var isImmediate: Bool { false }

    init(_ configuration: CandidateSourceConfiguration, _ vectors: ServedVectors) {
        tower = TowerSource(configuration)
        self.vectors = vectors
    }

    func propose(_ batch: RequestBatch) async throws -> [[ScoredItem]] {
        guard let index = batch.bundle.index, let queryTower = batch.bundle.tower else {
            return batch.requests.map { _ in [] }
        }
        let asked = try tower.asked(batch, index: index, tower: queryTower)
        let queries = asked.queries
        let known = (0..<batch.count).filter(asked.isKnown)
        var found = [[ScoredItem]](repeating: [], count: batch.count)
        // What nothing but single items is excluded from shares one round trip; a mask is of one request.
        let masks = known.map { batch.allowedMask($0) }
        let shared = known.indices.filter { masks[$0] == nil }.map { known[$0] }
        let groups = (shared.isEmpty ? [] : [shared]) + known.indices.filter { masks[$0] != nil }.map { [known[$0]] }
        let store = try await vectors.store()
        for rows in groups {
            let some = Matrix(rows: rows.count, columns: queries.columns)
            var offsets = [0]
            var hidden: [Int32] = []
            for (place, row) in rows.enumerated() {
                _ = some.row(place).update(fromContentsOf: UnsafeBufferPointer(queries.row(row)))
                hidden += asked.hidden(row, batch)
                offsets.append(hidden.count)
            }
            let filter = SearchFilter(
                allowed: batch.allowedMask(rows[0]),
                exclude: SparseRows(columns: batch.bundle.data.items.count, offsets: offsets, indices: hidden))
            let lists = try await store.search(
                some, k: min(tower.configuration.take, max(index.count, 1)), filter: filter)
            for (place, row) in rows.enumerated() {
                let items = zip(lists[place], lists.scores(place)).map { ScoredItem(item: $0, score: $1) }
                found[row] = tower.joined(items, asked, row, index: index)
            }
        }
        return found
    }
}
