import Core
import Tensor
import Testing

struct MatrixTests {
    /// A matrix of random numbers in [−1, 1).
    static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        return Matrix(
            rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.uniform() * 2 - 1) })
    }

    @Test(arguments: [false, true], [false, true])
    func productIsTheSumOfProducts(transposeA: Bool, transposeB: Bool) {
        // Large enough that several threads take part.
        let (m, n, k) = (131, 120, 77)
        let a = transposeA ? Self.random(k, m, seed: 1) : Self.random(m, k, seed: 1)
        let b = transposeB ? Self.random(n, k, seed: 2) : Self.random(k, n, seed: 2)
        let c = Matrix.product(a, transposed: transposeA, b, transposed: transposeB, threads: 3)
        for row in 0..<m {
            for column in 0..<n {
                var sum = 0.0
                for inner in 0..<k {
                    let left = transposeA ? a[inner, row] : a[row, inner]
                    let right = transposeB ? b[column, inner] : b[inner, column]
                    sum += Double(left) * Double(right)
                }
                #expect(abs(Double(c[row, column]) - sum) < 1e-5)
            }
        }
    }

    @Test func storageIsAlignedAndRowsAreViews() {
        let matrix = Matrix(rows: 3, columns: 5)
        #expect(UInt(bitPattern: matrix.pointer) % 64 == 0)
        matrix.row(1)[2] = 7
        #expect(matrix[1, 2] == 7)
        #expect(matrix.copy(rows: 1..<2)[0, 2] == 7)
    }

    @Test(arguments: [0, 1, 7, 8, 15, 16, 31, 33, 64, 100, 257])
    func vectorKernels(length: Int) {
        let a = Self.random(1, length, seed: 3)
        let b = Self.random(1, length, seed: 4)
        let expected = zip(a.values, b.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(dot(UnsafeBufferPointer(a.values), UnsafeBufferPointer(b.values))) - expected) < 1e-5)

        let sum = b.copy()
        axpy(0.5, UnsafeBufferPointer(a.values), into: sum.values)
        for index in 0..<length {
            #expect(abs(Double(sum.values[index]) - (Double(b.values[index]) + 0.5 * Double(a.values[index]))) < 1e-6)
        }
    }
}
