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
        let configuration = tower.configuration
        let request = batch.modelRequest(k: configuration.take)
        let queries =
            configuration.averages
            ? tower.averages(batch, index: index) : try queryTower.queries(request, features: batch.features)
        let repeats = configuration.averages ? nil : try queryTower.repeats(request)
        let owed = (0..<batch.count).map { row in
            (repeats?[row] ?? []).filter { entry in !batch.filters[row].contains { $0.drops(entry.item) } }
        }
        // Nothing is known of the others.
        let known = (0..<batch.count).filter { row in
            queries.row(row).contains { $0 != 0 } && queries.row(row).allSatisfy(\.isFinite)
        }
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
                hidden += Set(batch.filters[row].flatMap(\.excluded) + owed[row].map(\.item)).sorted()
                offsets.append(hidden.count)
            }
            let filter = SearchFilter(
                allowed: batch.allowedMask(rows[0]),
                exclude: SparseRows(columns: batch.bundle.data.items.count, offsets: offsets, indices: hidden))
            let lists = try await store.search(
                some, k: min(configuration.take, max(index.count, 1)), filter: filter)
            for (place, row) in rows.enumerated() {
                found[row] = zip(lists[place], lists.scores(place)).map { ScoredItem(item: $0, score: $1) }
            }
        }
        for row in known where !owed[row].isEmpty {
            for entry in owed[row] {
                guard let vector = index.vector(of: entry.item) else { continue }
                let product = zip(queries.row(row), vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                found[row].append(ScoredItem(item: entry.item, score: product + entry.bonus))
            }
            found[row].sort { ($1.score, $0.item) < ($0.score, $1.item) }
            found[row] = Array(found[row].prefix(configuration.take))
        }
        return found
    }
}
