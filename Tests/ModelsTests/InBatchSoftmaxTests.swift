import Core
import Models
import Tensor
import Testing

/// The fused loss against softmax and its gradients written out in double precision, at sizes around the kernels' groups
/// of columns and blocks of rows.
@Suite struct InBatchSoftmaxTests {
    static let shapes: [(count: Int, dimension: Int)] = [(1, 3), (2, 1), (64, 16), (130, 33), (300, 70)]

    @Test(arguments: shapes, [1, 3])
    func lossAndGradientsAreThoseOfTheFormula(shape: (count: Int, dimension: Int), threads: Int) {
        let (count, dimension) = shape
        var random = RandomSource(seed: 11)
        func matrix() -> Matrix {
            Matrix(
                rows: count, columns: dimension,
                values: (0..<count * dimension).map { _ in Float(random.uniform() * 2 - 1) })
        }
        let (u, v) = (matrix(), matrix())
        let items = (0..<count).map { _ in Int32(random.index(below: count / 2 + 1)) }
        var bags = TowerInput.Bags()
        for _ in 0..<count {
            bags.ids.append(Int32(random.index(below: count / 2 + 1)))
            bags.weights.append(1)
            bags.totals.append(2)
            bags.offsets.append(Int64(bags.ids.count))
        }
        let repeats = BatchRepeats(items, bags, unknown: Int32(count), coefficients: (0.4, -0.7))
        let batch = InBatchSoftmax.Batch(
            items: items, offsets: (0..<count).map { _ in Float(random.uniform()) },
            weights: (0..<count).map { _ in Float(random.uniform() + 0.1) }, repeats: repeats)
        let loss = InBatchSoftmax(
            temperature: 0.5, masksAccidentalHits: true, rows: count + 5, dimension: dimension, threads: threads)
        let (du, dv) = (u.copy(), v.copy())
        let (db, dr) = (Matrix(rows: count, columns: 1), Matrix(rows: 1, columns: 2))
        let value = loss(
            batch, users: u, items: v, userGradient: du, itemGradient: dv, biasGradient: db, repeatGradient: dr,
            threads: threads)

        let expected = Reference(batch, repeats, u, v, scale: 2)
        #expect(abs(value - expected.loss) < 1e-5 * max(1, expected.loss))
        for (found, wanted) in [
            (du, expected.users), (dv, expected.items), (db, expected.bias), (dr, expected.repeats),
        ] {
            #expect(zip(found.values, wanted).allSatisfy { abs(Double($0) - $1) < 2e-6 })
        }
    }

    /// Loss and gradients, one number at a time.
    private struct Reference {
        var loss = 0.0
        var users: [Double]
        var items: [Double]
        var bias: [Double]
        var repeats = [0.0, 0.0]

        init(_ batch: InBatchSoftmax.Batch, _ bonus: BatchRepeats, _ u: Matrix, _ v: Matrix, scale: Double) {
            let (count, dimension) = (u.rows, u.columns)
            users = [Double](repeating: 0, count: count * dimension)
            items = users
            bias = [Double](repeating: 0, count: count)
            for row in 0..<count {
                var z = (0..<count).map { column in
                    scale * (0..<dimension).reduce(0) { $0 + Double(u[row, $1]) * Double(v[column, $1]) }
                        + Double(batch.offsets[column])
                }
                let entries = Int(bonus.offsets[row])..<Int(bonus.offsets[row + 1])
                let (always, often) = (Double(bonus.coefficients.0), Double(bonus.coefficients.1))
                for entry in entries { z[Int(bonus.columns[entry])] += always + often * Double(bonus.counts[entry]) }
                let isOpen = (0..<count).map { $0 == row || batch.items[$0] != batch.items[row] }
                let largest = (0..<count).filter { isOpen[$0] }.map { z[$0] }.max()!
                let e = (0..<count).map { isOpen[$0] ? ModelsTests.Reference.exp(z[$0] - largest) : 0 }
                let (sum, weight) = (e.reduce(0, +), Double(batch.weights[row]) / Double(count))
                loss += weight * (largest + ModelsTests.Reference.log(sum) - z[row])
                let slope = (0..<count).map { weight * (e[$0] / sum - ($0 == row ? 1 : 0)) }
                for column in 0..<count {
                    bias[column] += slope[column]
                    for d in 0..<dimension {
                        users[row * dimension + d] += scale * slope[column] * Double(v[column, d])
                        items[column * dimension + d] += scale * slope[column] * Double(u[row, d])
                    }
                }
                for entry in entries {
                    repeats[0] += slope[Int(bonus.columns[entry])]
                    repeats[1] += slope[Int(bonus.columns[entry])] * Double(bonus.counts[entry])
                }
            }
        }
    }
}
