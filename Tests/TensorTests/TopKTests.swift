import Core
import Tensor
import Testing

/// The fused kernel against sorting all scores computed in double precision.
struct TopKTests {
    /// The best items by a full sort of all scores, which BLAS has multiplied out.
    static func reference(_ queries: Matrix, _ items: Matrix, k: Int, exclude: SparseRows?, allowed: [Bool]?)
        -> [[(item: Int32, score: Float)]]
    {
        let scores = Matrix.product(queries, transposed: false, items, transposed: true)
        return (0..<queries.rows).map { query in
            let hidden = Set(exclude?[query] ?? [])
            let row = scores.row(query)
            var found: [(item: Int32, score: Float)] = []
            for item in 0..<items.rows where (allowed?[item] ?? true) && !hidden.contains(Int32(item)) {
                found.append((Int32(item), row[item]))
            }
            found.sort { $0.score != $1.score ? $0.score > $1.score : $0.item < $1.item }
            return Array(found.prefix(k))
        }
    }

    /// Small whole numbers: every product is exact in any order of summation, and ties abound.
    static func whole(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        return Matrix(
            rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.index(below: 9)) - 4 })
    }

    static let shapes: [(queries: Int, items: Int, dimensions: Int, k: Int)] = [
        (1, 1, 1, 1), (5, 3, 2, 10), (1, 1000, 7, 12), (97, 217, 8, 12), (400, 33, 1, 13), (5, 700, 64, 100),
        (8, 5000, 3, 12), (7, 6100, 1, 3),
        (7, 40, 3, 40), (6, 16, 4, 1), (100, 100, 0, 5), (3, 3000, 2, 700), (0, 10, 4, 3), (3, 0, 4, 3),
    ]

    @Test(arguments: shapes, [(false, false), (true, false), (false, true), (true, true)])
    func equalsAFullSort(
        shape: (queries: Int, items: Int, dimensions: Int, k: Int), filters: (exclude: Bool, allow: Bool)
    ) {
        let queries = Self.whole(shape.queries, shape.dimensions, seed: 1)
        let items = Self.whole(shape.items, shape.dimensions, seed: 2)
        var random = RandomSource(seed: 3)
        let count = filters.exclude && shape.items > 0 ? shape.queries * 40 : 0
        let exclude = SparseRows.from(
            rows: (0..<count).map { _ in Int32(random.index(below: shape.queries)) },
            columns: (0..<count).map { _ in Int32(random.index(below: shape.items)) },
            rowCount: shape.queries, columnCount: shape.items)
        let allowed = (0..<shape.items).map { _ in random.uniform() < 0.3 }
        let found = topK(
            queries: queries, items: items, k: shape.k, exclude: filters.exclude ? exclude : nil,
            allowed: filters.allow ? allowed : nil, threads: 3)
        let expected = Self.reference(
            queries, items, k: shape.k, exclude: filters.exclude ? exclude : nil, allowed: filters.allow ? allowed : nil
        )
        for query in 0..<shape.queries {
            #expect(Array(found[query]) == expected[query].map(\.item))
            #expect(Array(found.scores(query)) == expected[query].map(\.score))
            #expect(
                found.items[query * shape.k..<(query + 1) * shape.k].count { $0 < 0 } == shape.k - found[query].count)
        }
    }

    @Test func scoresAreThoseOfDoublePrecision() {
        let queries = MatrixTests.random(20, 64, seed: 4)
        let items = MatrixTests.random(5000, 64, seed: 5)
        let found = topK(queries: queries, items: items, k: 70)
        let expected = Self.reference(queries, items, k: 70, exclude: nil, allowed: nil)
        for query in 0..<queries.rows {
            #expect(found[query].count == 70)
            for (rank, (item, score)) in zip(found[query], found.scores(query)).enumerated() {
                let exact = zip(queries.row(query), items.row(Int(item))).reduce(0.0) {
                    $0 + Double($1.0) * Double($1.1)
                }
                #expect(abs(Double(score) - exact) < 1e-5)
                #expect(abs(score - expected[query][rank].score) < 1e-5)
            }
        }
    }

    @Test func notANumberAndMinusInfinityAreNeverReturned() {
        let items = Matrix(
            rows: 6, columns: 2, values: [.nan, 0, 1, 1, -.infinity, 0, .infinity, 0, -1e30, -1e30, 1, 1] as [Float])
        let found = topK(queries: Matrix(rows: 1, columns: 2, values: [1, 1] as [Float]), items: items, k: 6)
        #expect(found.items == [3, 1, 5, 4, -1, -1])
        #expect(found.scores == [.infinity, 2, 2, -2e30, -.infinity, -.infinity])
    }

    @Test func zerosOfBothSignsTie() {
        let items = Matrix(rows: 40, columns: 1, values: (0..<40).map { $0 % 2 == 0 ? -0.0 : 0.0 } as [Float])
        let found = topK(queries: Matrix(rows: 1, columns: 1, values: [1] as [Float]), items: items, k: 40)
        #expect(found.items == Array(0..<40))
    }

    @Test(arguments: [true, false])
    func listsThatKeepChanging(rising: Bool) {
        // Rising scores make every item pass its threshold; falling ones none after the first k.
        let items = Matrix(rows: 20_000, columns: 1, values: (0..<20_000).map { Float(rising ? $0 : 20_000 - $0) })
        let found = topK(queries: Matrix(rows: 2, columns: 1, values: [1, 2] as [Float]), items: items, k: 50)
        let expected = (0..<50).map { Int32(rising ? 19_999 - $0 : $0) }
        #expect(Array(found[0]) == expected)
        #expect(Array(found[1]) == expected)
    }
}
