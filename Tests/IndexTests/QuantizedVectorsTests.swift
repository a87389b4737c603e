import Core
import Index
import Tensor
import Testing

/// The scan in 8 bits against the float32 kernel: the same lists to the last bit.
struct QuantizedVectorsTests {
    static func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        return Matrix(
            rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normal()) })
    }

    static let shapes: [(items: Int, dimensions: Int, k: Int)] = [
        (1, 1, 1), (40, 3, 50), (1000, 5, 12), (5000, 64, 100), (3001, 33, 7), (5000, 130, 1), (9000, 16, 700),
    ]

    @Test(arguments: shapes, [false, true])
    func listsAreThoseOfFloat32(shape: (items: Int, dimensions: Int, k: Int), isFiltered: Bool) throws {
        let items = Self.normal(shape.items, shape.dimensions, seed: 1)
        // Lengths that differ by orders of magnitude, some of them 0.
        for row in 0..<shape.items {
            let factor: Float = row % 7 == 0 ? 0 : row % 5 == 0 ? 1e-3 : 1
            for column in 0..<shape.dimensions { items[row, column] *= factor }
        }
        let queries = Self.normal(6, shape.dimensions, seed: 2)
        let allowed = (0..<shape.items).map { $0 % 3 != 1 }
        let excluded = (0..<Int32(shape.items)).filter { $0 % 11 == 0 }
        let exclude = SparseRows(
            columns: shape.items, offsets: (0...6).map { $0 * excluded.count },
            indices: (0..<6).flatMap { _ in excluded })
        let expected = topK(
            queries: queries, items: items, k: shape.k, exclude: isFiltered ? exclude : nil,
            allowed: isFiltered ? allowed : nil)
        let quantized = QuantizedVectors(always: items)
        for query in 0..<queries.rows {
            let found = try #require(
                quantized.search(
                    queries.pointer + query * shape.dimensions, k: shape.k, keys: Array(0..<Int32(shape.items)),
                    allowed: isFiltered ? allowed : nil, excluded: isFiltered ? excluded : []))
            #expect(found.items == Array(expected.items[query * shape.k..<(query + 1) * shape.k]))
            #expect(found.scores == Array(expected.scores[query * shape.k..<(query + 1) * shape.k]))
        }
    }

    /// Whole numbers make ties, which the lower key wins; rising scores pass every threshold.
    @Test func tiesAndRisingScores() throws {
        let ties = VectorIndexContract.vectors(6000, 4, seed: 3)
        let rising = Matrix(rows: 20_000, columns: 1, values: (0..<20_000).map { Float($0) })
        for (items, query) in [(ties, [1, -2, 3, 1]), (rising, [2])] as [(Matrix, [Float])] {
            let expected = topK(queries: Matrix(rows: 1, columns: query.count, values: query), items: items, k: 60)
            let keys = Array(0..<Int32(items.rows))
            let found = QuantizedVectors(always: items).search(query, k: 60, keys: keys, allowed: nil, excluded: [])
            #expect(try #require(found) == expected)
        }
    }

    @Test func whatBoundsCannotTellIsLeftToFloat32() throws {
        let same = Matrix(rows: 20_000, columns: 2, values: [Float](repeating: 1, count: 40_000))
        let keys = Array(0..<Int32(20_000))
        let quantized = QuantizedVectors(always: same)
        #expect(quantized.search([1, 1], k: 10, keys: keys, allowed: nil, excluded: []) == nil)
        #expect(quantized.search([.nan, 1], k: 10, keys: keys, allowed: nil, excluded: []) == nil)
        #expect(quantized.search([3e38, 3e38], k: 10, keys: keys, allowed: nil, excluded: []) == nil)
        let found = try ExactIndex(same).search(Matrix(rows: 1, columns: 2, values: [1, 1] as [Float]), k: 3)
        #expect(found.items == [0, 1, 2])
    }
}
