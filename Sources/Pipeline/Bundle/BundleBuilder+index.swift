import Core
import Features
import Index
import Models
import Tensor

extension BundleBuilder {
    /// How many users' vectors recall is measured with.
    private static let queryCount = 256

    /// Makes the index of the model's item vectors and writes it to `path`.
    ///
    /// A partitioned index is tuned, and judged, on the vectors of users: they lie elsewhere than items, and are what
    /// will be asked for. Where the index is to be chosen and a partitioned one misses the recall by more than a
    /// hundredth, it is exact.
    ///
    /// - Throws: `invalidData` if a number is not finite, `outOfSpace` or `system`.
    /// - Complexity: O(N · tower), and for a partitioned index O(N · C · D)
    package func writeIndex(of tower: any QueryTower, to path: String) throws -> IndexSummary {
        let vectors = try tower.itemVectors()
        let settings = configuration.index
        let wantsCells =
            settings.kind == .partitioned || settings.kind == .auto && vectors.rows > settings.mostExact
        if wantsCells {
            let (index, report) = try partitioned(vectors, tower)
            if settings.kind == .partitioned || report.recall >= settings.recall - 0.01 {
                try index.save(to: path)
                return IndexSummary(
                    kind: "partitioned", vectors: index.count, dimensions: index.dimensions, recall: report.recall,
                    lowRecall: report.lowRecall, k: report.k, queries: report.queries,
                    scanned: report.scanned / Double(max(index.count, 1)))
            }
        }
        let keys = (0..<Int32(vectors.rows)).filter { tower.findable?[Int($0)] ?? true }
        let kept = Matrix(rows: keys.count, columns: vectors.columns)
        for (row, key) in keys.enumerated() {
            _ = kept.row(row).update(fromContentsOf: UnsafeBufferPointer(vectors.row(Int(key))))
        }
        var index = ExactIndex(dimensions: vectors.columns)
        try index.upsert(keys, vectors: kept)
        try index.save(to: path)
        return IndexSummary(
            kind: "exact", vectors: index.count, dimensions: index.dimensions, recall: 1, lowRecall: 1, k: take,
            queries: 0, scanned: 1)
    }

    /// How many items the query tower proposes.
    private var take: Int {
        min(configuration.sources.first { $0.kind == .tower }?.take ?? 100, max(data.items.count, 1))
    }

    private func partitioned(_ vectors: Matrix, _ tower: any QueryTower) throws -> (PartitionedIndex, RecallReport) {
        let queries = try sampleQueries(tower)
        let options = PartitionOptions(targetRecall: configuration.index.recall, k: take)
        var index = try PartitionedIndex(vectors, options: options, queries: queries)
        if let findable = tower.findable {
            index.delete((0..<Int32(vectors.rows)).filter { !findable[Int($0)] })
            try index.tune(queries: queries)
        }
        return (index, try index.measureRecall(queries: queries))
    }

    /// The vectors of some users, the same for the same dataset; nil if nobody has one.
    private func sampleQueries(_ tower: any QueryTower) throws -> Matrix? {
        let trained = data.users.trainedCount
        guard trained > 0 else { return nil }
        var random = RandomSource(seed: 1, stream: 0x696e_6478)
        let users = (0..<min(Self.queryCount, trained)).map { _ in Int32(random.index(below: trained)) }
        let all = try tower.queries(RecommendationRequest(users: users, k: 1, at: data.split.end))
        let kept = (0..<all.rows).filter { row in
            all.row(row).contains { $0 != 0 } && all.row(row).allSatisfy(\.isFinite)
        }
        guard !kept.isEmpty else { return nil }
        let queries = Matrix(rows: kept.count, columns: all.columns)
        for (place, row) in kept.enumerated() {
            _ = queries.row(place).update(fromContentsOf: UnsafeBufferPointer(all.row(row)))
        }
        return queries
    }
}
