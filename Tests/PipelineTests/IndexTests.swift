import Core
import Features
import Foundation
import Index
import Models
import Pipeline
import Tensor
import Testing

/// The index that a bundle is given, and what it finds.
@Suite struct IndexTests {
    /// Vectors in clusters, 6,000 of 16 dimensions: more than are searched one by one.
    private struct Clusters: QueryTower {
        let vectors: Matrix
        var findable: [Bool]?

        init(count: Int) {
            var random = RandomSource(seed: 5)
            let centres = (0..<60).map { _ in (0..<16).map { _ in Float(random.uniform() - 0.5) } }
            vectors = Matrix(rows: count, columns: 16)
            for row in 0..<count {
                for (column, centre) in centres[row % 60].enumerated() {
                    vectors.row(row)[column] = centre + 0.1 * Float(random.uniform() - 0.5)
                }
            }
            findable = (0..<count).map { $0 % 5 != 0 }
        }

        func itemVectors() throws -> Matrix { vectors.copy() }

        func queries(_ request: RecommendationRequest, features: [EncodedRow?]?) throws -> Matrix {
            let queries = Matrix(rows: request.users.count, columns: 16)
            for (row, user) in request.users.enumerated() {
                _ = queries.row(row).update(fromContentsOf: UnsafeBufferPointer(vectors.row(Int(user) * 97)))
            }
            return queries
        }
    }

    private func summary(_ yaml: String) throws -> (IndexSummary, IndexChoice) {
        let shop = try SmallShop.shared.get()
        let builder = BundleBuilder(
            shop.data, configuration: try SmallShop.configuration("{index: \(yaml), sources: [tower: {take: 20}]}"),
            show: (0..<shop.data.items.count).map { _ in [:] })
        let path = "\(shop.folder)/index-\(UInt64.random(in: 0 ... .max)).safetensors"
        let summary = try builder.writeIndex(of: Clusters(count: 6000), to: path)
        return (summary, try IndexChoice(loading: path))
    }

    @Test func fewVectorsAreComparedAndManyPartedIfThatFindsThem() throws {
        let (exact, all) = try summary("{exact-up-to: 6000}")
        #expect(exact.kind == "exact" && exact.recall == 1 && exact.vectors == 4800 && all.count == 4800)
        let (parted, index) = try summary("{exact-up-to: 5999, recall: 0.9}")
        #expect(parted.kind == "partitioned" && parted.vectors == 4800 && index.count == 4800)
        #expect(parted.recall >= 0.89 && parted.k == 20 && parted.queries > 40 && parted.scanned < 0.9)
        // The report is what a search finds: compared here with the exact index, query by query.
        let tower = Clusters(count: 6000)
        let queries = try tower.queries(RecommendationRequest(users: Array(0..<60), k: 1, at: 0), features: nil)
        var (found, wanted) = (0, 0)
        let (near, best) = (try index.search(queries, k: 20), try all.search(queries, k: 20))
        for row in 0..<60 {
            found += Set(near[row]).intersection(best[row]).count
            wanted += best[row].count
        }
        #expect(Double(found) / Double(wanted) > 0.8)
        #expect(near.items.allSatisfy { $0 % 5 != 0 })
        #expect(try IndexSummary(JSONValue(encoding: parted)) == parted)
    }

    /// A filter that few items pass still gives full lists.
    @Test func aPartedIndexKeepsItsListsFullUnderAFilter() throws {
        let (_, index) = try summary("partitioned")
        let tower = Clusters(count: 6000)
        let query = try tower.queries(RecommendationRequest(users: [3], k: 1, at: 0), features: nil)
        let allowed = (0..<6000).map { $0 % 100 == 7 }
        let list = try index.search(query, k: 20, filter: SearchFilter(allowed: allowed))
        #expect(list[0].count == 20 && list[0].allSatisfy { $0 % 100 == 7 })
    }

    @Test func settingsAreChecked() {
        #expect(throws: (any Error).self) { try SmallShop.configuration("{index: flat}") }
        #expect(throws: (any Error).self) { try SmallShop.configuration("{index: {recal: 0.9}}") }
    }
}
