import Core
import Models
import Tensor
import Testing

/// Forward and backward passes against finite differences of a double-precision reference.
@Suite struct GradientTests {
    /// A pair of towers to check.
    struct Subject: Sendable, CustomTestStringConvertible {
        var name: String
        var layers: [Int]
        var isNormalized: Bool
        var isShared = false
        var masks = true
        var testDescription: String { name }
    }

    static let subjects = [
        Subject(name: "MLP, normalised", layers: [7, 5], isNormalized: true),
        Subject(name: "MLP, plain inner product", layers: [6, 4], isNormalized: false),
        Subject(name: "one layer, no mask", layers: [5], isNormalized: true, masks: false),
        Subject(name: "sum, normalised, shared history", layers: [], isNormalized: true, isShared: true),
        Subject(name: "sum, plain", layers: [], isNormalized: false),
    ]

    /// Two towers with random parameters, and a batch.
    private struct Setup {
        var parameters = Parameters()
        var user: Tower
        var item: Tower
        var users: TowerInput
        var items: TowerInput
        var batch: InBatchSoftmax.Batch

        init(_ subject: Subject) {
            var random = RandomSource(seed: 3)
            item = Tower(
                "item", categorical: [("id", 6, 4), ("kind", 3, 3)], continuousCount: 1, history: nil,
                layers: subject.layers, dimension: 4, isNormalized: subject.isNormalized, to: &parameters)
            user = Tower(
                "user", categorical: [("id", 5, 4)], continuousCount: 2,
                history: subject.isShared ? .shared(item.lookups[0].table) : .own(rows: 6, width: 3),
                layers: subject.layers, dimension: 4, isNormalized: subject.isNormalized, to: &parameters)
            for place in parameters.entries.indices { parameters.drawNormal(place, deviation: 0.6, from: &random) }
            let count = 8
            users = TowerInput(
                rows: count, codes: [[0, 1, 2, 3, 4, 0, 1, 1]], continuous: (0..<16).map { Float($0 % 5) / 4 - 0.5 },
                history: .init(
                    offsets: [0, 2, 2, 3, 5, 6, 6, 9, 10], ids: [1, 2, 0, 5, 5, 3, 1, 1, 4, 2],
                    weights: [0.5, 0.5, 1, 0.3, 0.7, 1, 0.2, 0.3, 0.5, 1]))
            items = TowerInput(
                rows: count, codes: [[0, 1, 2, 3, 4, 1, 1, 5], [0, 1, 2, 0, 1, 1, 1, 2]],
                continuous: (0..<8).map { Float($0) / 8 - 0.4 }, history: nil)
            batch = InBatchSoftmax.Batch(
                items: [0, 1, 2, 3, 4, 1, 1, 5], offsets: (0..<count).map { Float($0 % 3) * 0.4 - 0.2 },
                weights: (0..<count).map { 0.5 + Float($0 % 4) / 2 })
        }
    }

    @Test(arguments: subjects) func gradientsAreThoseOfFiniteDifferences(_ subject: Subject) {
        let setup = Setup(subject)
        let (parameters, user, item) = (setup.parameters, setup.user, setup.item)
        let (users, items, batch) = (setup.users, setup.items, setup.batch)
        let analytic = Self.analytic(subject, setup)
        let reference = ReferenceTowers(user: user, item: item, scale: 1 / 0.7, masks: subject.masks)
        var numbers = parameters.entries.map { $0.matrix.values.map(Double.init) }
        #expect(abs(analytic.loss - reference.loss(numbers, users, items, batch)) < 1e-5)
        let step = 1e-5
        for place in numbers.indices {
            for index in numbers[place].indices {
                let value = numbers[place][index]
                numbers[place][index] = value + step
                let above = reference.loss(numbers, users, items, batch)
                numbers[place][index] = value - step
                let below = reference.loss(numbers, users, items, batch)
                numbers[place][index] = value
                let expected = (above - below) / (2 * step)
                let found = analytic.gradients[place][index]
                #expect(
                    abs(found - expected) < 2e-5 + 1e-3 * abs(expected),
                    "\(parameters.entries[place].name)[\(index)]: \(found), expected \(expected)")
            }
        }
    }

    /// With factors rounded to 8 bits of mantissa the loss and all gradients together stay near those of float32.
    @Test(arguments: subjects) func bfloat16GradientsAreNearThoseOfFloat32(_ subject: Subject) {
        let setup = Setup(subject)
        let exact = Self.analytic(subject, setup)
        let rounded = Self.analytic(subject, setup, precision: .bfloat16)
        #expect(abs(rounded.loss - exact.loss) < 0.01 * exact.loss)
        let pairs = zip(exact.gradients.joined(), rounded.gradients.joined())
        let difference = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let length = exact.gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(difference < 0.04 * length)
        #expect(difference > 0, "factors are not rounded at all")
    }

    private static func analytic(
        _ subject: Subject, _ setup: Setup, precision: Precision = .float32
    ) -> (loss: Double, gradients: [[Double]]) {
        let (parameters, users, items, batch) = (setup.parameters, setup.users, setup.items, setup.batch)
        let (user, item) = (setup.user.computing(in: precision), setup.item.computing(in: precision))
        let count = batch.items.count
        let userSpace = TowerWorkspace(user, rows: count)
        let itemSpace = TowerWorkspace(item, rows: count)
        let loss = InBatchSoftmax(
            temperature: 0.7, masksAccidentalHits: subject.masks, precision: precision, rows: count,
            dimension: user.outputWidth, threads: 2)
        let dense = DenseGradients(parameters)
        // Two pieces, as two threads would take them.
        for rows in [0..<3, 3..<count] {
            user.forward(parameters, users, userSpace, rows: rows)
            item.forward(parameters, items, itemSpace, rows: rows)
        }
        let value = loss(
            batch, users: userSpace.output, items: itemSpace.output, userGradient: userSpace.outputGradient,
            itemGradient: itemSpace.outputGradient, biasGradient: Matrix(rows: count, columns: 1), threads: 2)
        for rows in [0..<3, 3..<count] {
            user.backward(parameters, users, userSpace, gradients: dense, rows: rows)
            item.backward(parameters, items, itemSpace, gradients: dense, rows: rows)
        }
        var gradients = parameters.entries.enumerated().map { place, entry in
            entry.isTable
                ? [Double](repeating: 0, count: entry.matrix.values.count)
                : dense[place].values.map(Double.init)
        }
        for use in user.uses(users, userSpace) + item.uses(items, itemSpace) {
            for row in 0..<count {
                let entries = use.offsets.map { Int($0[row])..<Int($0[row + 1]) } ?? row..<row + 1
                for entry in entries {
                    for column in 0..<use.width {
                        gradients[use.table][Int(use.ids[entry]) * use.width + column] +=
                            Double(use.weights?[entry] ?? 1) * Double(use.gradient[row, use.column + column])
                    }
                }
            }
        }
        return (value, gradients)
    }

    /// The bias of an item has the gradient of its column.
    @Test func theBiasGradientIsThatOfFiniteDifferences() {
        var random = RandomSource(seed: 9)
        let (count, dimension) = (70, 6)
        func matrix() -> Matrix {
            Matrix(rows: count, columns: dimension, values: (0..<count * dimension).map { _ in Float(random.normal()) })
        }
        let (u, v) = (matrix(), matrix())
        let items = (0..<count).map { Int32($0 % 31) }
        let offsets = (0..<count).map { _ in Float(random.normal()) }
        let weights = (0..<count).map { _ in Float(random.uniform() + 0.1) }
        let loss = InBatchSoftmax(
            temperature: 0.5, masksAccidentalHits: true, rows: count, dimension: dimension, threads: 2)
        let (du, dv, bias) = (u.copy(), v.copy(), Matrix(rows: count, columns: 1))
        let value = loss(
            .init(items: items, offsets: offsets, weights: weights), users: u, items: v, userGradient: du,
            itemGradient: dv, biasGradient: bias, threads: 2)
        func reference(_ offsets: [Double]) -> Double {
            (0..<count).reduce(0) { sum, row in
                let logits = (0..<count).filter { $0 == row || items[$0] != items[row] }.map { column in
                    2 * (0..<dimension).reduce(0.0) { $0 + Double(u[row, $1]) * Double(v[column, $1]) }
                        + offsets[column]
                }
                let own =
                    2 * (0..<dimension).reduce(0.0) { $0 + Double(u[row, $1]) * Double(v[row, $1]) } + offsets[row]
                let largest = logits.max()!
                let total = logits.reduce(0) { $0 + Reference.exp($1 - largest) }
                return sum + Double(weights[row]) * (largest + Reference.log(total) - own) / Double(count)
            }
        }
        var exact = offsets.map(Double.init)
        #expect(abs(value - reference(exact)) < 1e-4)
        for column in 0..<count {
            exact[column] += 1e-4
            let above = reference(exact)
            exact[column] -= 2e-4
            let expected = (above - reference(exact)) / 2e-4
            exact[column] += 1e-4
            #expect(abs(Double(bias.values[column]) - expected) < 1e-5)
        }
    }
}
