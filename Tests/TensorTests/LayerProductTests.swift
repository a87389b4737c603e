import Core
import Tensor
import Testing

/// The products of layers against sums in double precision, at sizes around the kernels' tiles and blocks.
struct LayerProductTests {
    static let shapes: [(m: Int, n: Int, k: Int)] = [
        (1, 1, 1), (7, 5, 3), (13, 70, 33), (97, 130, 257), (5, 3, 0), (33, 515, 40), (64, 9, 601), (6, 64, 2),
    ]

    @Test(arguments: shapes, Precision.allCases)
    func productIsTheSumOfProducts(shape: (m: Int, n: Int, k: Int), precision: Precision) {
        let (m, n, k) = shape
        for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
            let a = transposeA ? MatrixTests.random(k, m, seed: 1) : MatrixTests.random(m, k, seed: 1)
            let b = transposeB ? MatrixTests.random(n, k, seed: 2) : MatrixTests.random(k, n, seed: 2)
            let bias = MatrixTests.random(1, n, seed: 3)
            let old = MatrixTests.random(m, n, seed: 4)
            for (adds, hasBias) in [(false, false), (true, false), (false, true)] {
                let c = old.copy()
                multiply(
                    transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, a: a.pointer, strideA: a.columns,
                    b: b.pointer, strideB: b.columns, c: c.pointer, strideC: n, adds: adds,
                    bias: hasBias ? bias.pointer : nil, isRectified: hasBias, precision: precision)
                for row in 0..<m {
                    for column in 0..<n {
                        var sum = adds ? Double(old[row, column]) : 0
                        for inner in 0..<k {
                            let left = transposeA ? a[inner, row] : a[row, inner]
                            let right = transposeB ? b[column, inner] : b[inner, column]
                            sum += Self.held(left, precision) * Self.held(right, precision)
                        }
                        if hasBias { sum = max(0, sum + Double(bias.values[column])) }
                        #expect(abs(Double(c[row, column]) - sum) < 2e-5)
                    }
                }
            }
        }
    }

    /// A factor as the precision holds it: bfloat16 is the upper half of a float32, rounded to even.
    static func held(_ value: Float, _ precision: Precision) -> Double {
        guard precision == .bfloat16 else { return Double(value) }
        let bits = value.bitPattern
        return Double(Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000))
    }

    @Test(arguments: Precision.allCases) func notANumberStaysNotANumber(precision: Precision) {
        let a = Matrix(rows: 1, columns: 2, values: [Float(bitPattern: 0x7FFF_FFFF), 1] as [Float])
        let b = Matrix(rows: 2, columns: 70)
        let c = Matrix(rows: 1, columns: 70)
        multiply(
            m: 1, n: 70, k: 2, a: a.pointer, strideA: 2, b: b.pointer, strideB: 70, c: c.pointer, strideC: 70,
            isRectified: true, precision: precision)
        #expect(c.values.allSatisfy { $0.isNaN })
    }
}
