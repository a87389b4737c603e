import Core
import Tensor
import Testing

/// Decompositions against plain ones in double precision.
@Suite struct DecompositionTests {
    /// A well-conditioned symmetric positive definite matrix.
    private static func positiveDefinite(_ n: Int, seed: UInt64) -> [[Double]] {
        var random = RandomSource(seed: seed)
        let a = (0..<n).map { _ in (0..<n).map { _ in random.uniform() * 2 - 1 } }
        return (0..<n).map { i in
            (0..<n).map { j in
                (0..<n).reduce(i == j ? Double(n) / 4 : 0) { $0 + a[i][$1] * a[j][$1] }
            }
        }
    }

    /// The inverse by Gauss and Jordan.
    private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
        let n = matrix.count
        var a = matrix.enumerated().map { row, values in values + (0..<n).map { $0 == row ? 1 : 0 } }
        for pivot in 0..<n {
            let factor = a[pivot][pivot]
            a[pivot] = a[pivot].map { $0 / factor }
            for row in 0..<n where row != pivot {
                let times = a[row][pivot]
                for column in 0..<2 * n { a[row][column] -= times * a[pivot][column] }
            }
        }
        return a.map { Array($0[n...]) }
    }

    @Test(arguments: [(1, 512), (15, 512), (16, 16), (33, 16), (100, 16), (130, 64)], [1, 3])
    func inverseInPlace(_ shape: (order: Int, tile: Int), threads: Int) throws {
        let plain = Self.positiveDefinite(shape.order, seed: 3)
        let tiles = SymmetricTiles(order: shape.order, tile: shape.tile)
        for row in 0..<shape.order {
            let values = plain[row].map { Float($0) }
            tiles.setLowerRow(row, values)
            #expect(tiles[row, row] == values[row])
        }
        var last = 0
        try tiles.invert(threads: threads) { done, total in
            #expect(done > last && done <= total)
            last = done
        }
        let expected = Self.inverse(plain)
        let row = Matrix(rows: 1, columns: shape.order)
        for i in 0..<shape.order {
            tiles.copyRow(i, into: row.pointer)
            for j in 0..<shape.order {
                #expect(abs(Double(row.values[j]) - expected[i][j]) < 2e-6)
                #expect(tiles[i, j] == row.values[j])
            }
        }
    }

    @Test func theInverseDoesNotDependOnTheThreads() throws {
        let plain = Self.positiveDefinite(90, seed: 4)
        let inverses = try [1, 2, 4].map { threads in
            let tiles = SymmetricTiles(order: 90, tile: 16)
            for row in 0..<90 { tiles.setLowerRow(row, plain[row].map { Float($0) }) }
            try tiles.invert(threads: threads)
            return (0..<90).flatMap { i in (0..<90).map { tiles[i, $0] } }
        }
        #expect(inverses[0] == inverses[1] && inverses[0] == inverses[2])
    }

    @Test func whatIsNotPositiveDefiniteIsRefused() throws {
        let tiles = SymmetricTiles(order: 40, tile: 16)
        for index in 0..<40 { tiles[index, index] = index == 21 ? -1 : 1 }
        #expect { try tiles.invert() } throws: {
            let error = $0 as? MartletError
            return error?.code == .failedCheck && error?.message.contains("row 21") == true
        }
    }

    @Test(arguments: [1, 2, 17, 64]) func solvesNormalEquations(order: Int) {
        let plain = Self.positiveDefinite(order, seed: 5)
        let expected = (0..<order).map { Double($0 % 5) - 1 }
        var right = (0..<order).map { row in Float(zip(plain[row], expected).reduce(0) { $0 + $1.0 * $1.1 }) }
        var matrix = plain.flatMap { $0.map { Float($0) } }
        #expect(solvePositiveDefinite(&matrix, order: order, &right))
        for (found, wanted) in zip(right, expected) { #expect(abs(Double(found) - wanted) < 1e-4) }
        var negative: [Float] = [-1]
        var one: [Float] = [1]
        #expect(!solvePositiveDefinite(&negative, order: 1, &one))
    }

    @Test func eigenvectorsOfASymmetricMatrix() throws {
        let plain = Self.positiveDefinite(30, seed: 6)
        let eigen = try SymmetricEigen(Matrix(rows: 30, columns: 30, values: plain.flatMap { $0.map { Float($0) } }))
        #expect(eigen.values == eigen.values.sorted(by: >))
        for k in 0..<30 {
            let vector = eigen.vectors.row(k).map { Double($0) }
            for i in 0..<30 {
                let image = zip(plain[i], vector).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(image - Double(eigen.values[k]) * vector[i]) < 2e-5 * Double(eigen.values[0]))
            }
        }
        let bad = Matrix(rows: 3, columns: 3)
        bad[1, 1] = .nan
        #expect(throws: MartletError.self) { try SymmetricEigen(bad) }
    }

    /// A random sparse matrix whose columns are of very different lengths.
    static func sparse(_ rows: Int, _ columns: Int, share: Double, seed: UInt64) -> SparseRows {
        var random = RandomSource(seed: seed)
        var offsets = [0]
        var indices: [Int32] = []
        var values: [Float] = []
        for _ in 0..<rows {
            for column in 0..<columns where random.uniform() < share * 4 / (1 + Double(column % 13)) {
                indices.append(Int32(column))
                values.append(Float(random.uniform() + 0.2))
            }
            offsets.append(indices.count)
        }
        return SparseRows(columns: columns, offsets: offsets, indices: indices, values: values)
    }

    /// AᵀA in double precision.
    private static func gram(_ matrix: SparseRows) -> [[Double]] {
        var gram = [[Double]](repeating: [Double](repeating: 0, count: matrix.columns), count: matrix.columns)
        for row in 0..<matrix.rows {
            for a in matrix.range(row) {
                for b in matrix.range(row) {
                    gram[Int(matrix.indices[a])][Int(matrix.indices[b])] +=
                        Double(matrix.values![a]) * Double(matrix.values![b])
                }
            }
        }
        return gram
    }

    @Test(arguments: [4, 32]) func largestSingularVectors(block: Int) throws {
        let matrix = Self.sparse(400, 150, share: 0.05, seed: 8)
        let found = try TruncatedSVD(matrix, count: 12, tolerance: 1e-5, block: block, threads: 2)
        let gram = Self.gram(matrix)
        let all = try SymmetricEigen(
            Matrix(rows: 150, columns: 150, values: gram.flatMap { $0.map { Float($0) } })
        ).values
        #expect(found.values.count == 12 && found.residual <= 1e-5)
        for k in 0..<12 {
            #expect(abs(found.values[k] * found.values[k] - all[k]) < 1e-4 * all[0])
            let vector = (0..<150).map { Double(found.right[$0, k]) }
            for i in 0..<150 {
                let image = zip(gram[i], vector).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(image - Double(all[k]) * vector[i]) < 2e-4 * Double(all[0]))
            }
            for other in 0...k {
                let product = (0..<150).reduce(0.0) { $0 + vector[$1] * Double(found.right[$1, other]) }
                #expect(abs(product - (other == k ? 1 : 0)) < 1e-4)
            }
        }
    }

    @Test func theRankMayBeLowerThanAskedFor() throws {
        // Three kinds of row, many times over: rank 3.
        let kinds: [[Int32]] = [[0, 1, 2], [2, 3], [5]]
        let rows = (0..<300).map { kinds[$0 % 3] }
        let matrix = SparseRows(
            columns: 200, offsets: [0] + (1...300).map { count in rows.prefix(count).reduce(0) { $0 + $1.count } },
            indices: rows.flatMap { $0 })
        let found = try TruncatedSVD(matrix, count: 20)
        // AAᵀ of the kinds is 100 · [[3, 1, 0], [1, 2, 0], [0, 0, 1]].
        let root = 5.0.squareRoot()
        let expected = [100 * (5 + root) / 2, 100 * (5 - root) / 2, 100].map { $0.squareRoot() }
        #expect(found.values.count == 3)
        for (value, wanted) in zip(found.values, expected) { #expect(abs(Double(value) - wanted) < 1e-3) }
        let empty = try TruncatedSVD(.empty(rows: 4, columns: 6), count: 2)
        #expect(empty.values.isEmpty && empty.right.rows == 6 && empty.right.columns == 0)
    }

    @Test(arguments: [1, 16, 33]) func sparseTimesDense(width: Int) {
        let matrix = Self.sparse(120, 70, share: 0.1, seed: 9)
        let dense = MatrixTests.random(70, width, seed: 10)
        let product = Matrix(rows: 120, columns: width)
        matrix.multiply(dense, into: product, threads: 3)
        for row in 0..<120 {
            for column in 0..<width {
                let sum = matrix.range(row).reduce(0.0) {
                    $0 + Double(matrix.values![$1]) * Double(dense[Int(matrix.indices[$1]), column])
                }
                #expect(abs(Double(product[row, column]) - sum) < 1e-5)
            }
        }
    }
}
