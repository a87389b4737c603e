import Core
import Models
import Tensor
import Testing

/// Steps against the rules written out one number at a time.
@Suite struct OptimizerTests {
    @Test(arguments: Optimizer.Rule.allCases, [1, 3]) func stepsFollowTheRule(_ rule: Optimizer.Rule, threads: Int) {
        var random = RandomSource(seed: 5)
        var parameters = Parameters()
        let table = parameters.add("table", rows: 11, columns: 5, isTable: true)
        let dense = parameters.add("dense", rows: 3, columns: 4, isTable: false)
        for place in [table, dense] { parameters.drawNormal(place, deviation: 1, from: &random) }
        var optimizer = Optimizer(rule, parameters, threads: threads)
        var expected = ReferenceOptimizer(rule: rule, parameters)
        for _ in 0..<4 {
            let gradients = (0..<threads).map { _ in DenseGradients(parameters) }
            for gradient in gradients {
                for index in gradient[dense].values.indices { gradient[dense].values[index] = Float(random.normal()) }
            }
            let ids = (0..<20).map { _ in Int32(random.index(below: 11)) }
            let slopes = Matrix(rows: 20, columns: 7, values: (0..<140).map { _ in Float(random.normal()) })
            let offsets: [Int64] = [0, 3, 3, 8]
            let bag = (0..<8).map { _ in Int32(random.index(below: 11)) }
            let weights = (0..<8).map { _ in Float(random.uniform()) }
            let uses = [
                TableUse(table: table, offsets: nil, ids: ids, weights: nil, gradient: slopes, column: 1, width: 5),
                TableUse(
                    table: table, offsets: offsets, ids: bag, weights: weights, gradient: slopes, column: 2, width: 5),
            ]
            expected.step(table, dense, gradients: gradients, uses: uses, rate: 0.1, decay: 0.01)
            optimizer.update(parameters, dense: gradients, uses: uses, rate: 0.1, decay: 0.01)
            for place in [table, dense] {
                for (found, wanted) in zip(parameters[place].values, expected.numbers[place]) {
                    #expect(abs(Double(found) - wanted) < 1e-4)
                }
            }
        }
    }

    /// Rows of a table that no lookup named keep still, with decay too.
    @Test func otherRowsStayAsTheyAre() {
        var parameters = Parameters()
        let table = parameters.add("table", rows: 4, columns: 2, isTable: true)
        parameters[table].values.update(repeating: 1)
        var optimizer = Optimizer(.adagrad, parameters, threads: 2)
        let use = TableUse(
            table: table, offsets: nil, ids: [2], weights: nil, gradient: Matrix(rows: 1, columns: 2, values: [3, 4]),
            column: 0, width: 2)
        optimizer.update(parameters, dense: [DenseGradients(parameters)], uses: [use], rate: 0.5, decay: 0.1)
        #expect(Array(parameters[table].values[0..<4]) == [1, 1, 1, 1])
        #expect(Array(parameters[table].values[6..<8]) == [1, 1])
        #expect(parameters[table][2, 0] < 1)
    }
}

/// The rules in double precision.
private struct ReferenceOptimizer {
    var rule: Optimizer.Rule
    var numbers: [[Double]]
    private var first: [[Double]]
    private var second: [[Double]]
    private var steps = 0.0

    init(rule: Optimizer.Rule, _ parameters: Parameters) {
        self.rule = rule
        numbers = parameters.entries.map { $0.matrix.values.map(Double.init) }
        first = numbers.map { $0.map { _ in 0 } }
        second = first
    }

    mutating func step(
        _ table: Int, _ dense: Int, gradients: [DenseGradients], uses: [TableUse], rate: Double, decay: Double
    ) {
        steps += 1
        var sums: [Int: [Double]] = [:]
        for use in uses {
            for row in 0..<(use.offsets.map { $0.count - 1 } ?? use.ids.count) {
                for entry in use.offsets.map({ Int($0[row])..<Int($0[row + 1]) }) ?? row..<row + 1 {
                    for column in 0..<5 {
                        sums[Int(use.ids[entry]), default: [0, 0, 0, 0, 0]][column] +=
                            Double(use.weights?[entry] ?? 1) * Double(use.gradient[row, use.column + column])
                    }
                }
            }
        }
        for (id, sum) in sums {
            let slope = sum.indices.map { sum[$0] + decay * numbers[table][id * 5 + $0] }
            if rule == .adagrad {
                first[table][id * 5] += slope.reduce(0) { $0 + $1 * $1 } / 5
                for column in 0..<5 {
                    numbers[table][id * 5 + column] -= rate * slope[column] / first[table][id * 5].squareRoot()
                }
            } else {
                for column in 0..<5 { move(table, id * 5 + column, by: slope[column], rate: rate) }
            }
        }
        for index in numbers[dense].indices {
            let sum = gradients.reduce(0) { $0 + Double($1[dense].values[index]) }
            move(dense, index, by: sum + decay * numbers[dense][index], rate: rate)
        }
    }

    private mutating func move(_ place: Int, _ index: Int, by slope: Double, rate: Double) {
        if rule == .sgd {
            numbers[place][index] -= rate * slope
        } else if rule == .adam {
            first[place][index] = 0.9 * first[place][index] + 0.1 * slope
            second[place][index] = 0.999 * second[place][index] + 0.001 * slope * slope
            let mean = first[place][index] / (1 - power(0.9, steps))
            let square = second[place][index] / (1 - power(0.999, steps))
            numbers[place][index] -= rate * mean / (square.squareRoot() + 1e-8)
        } else {
            first[place][index] += slope * slope
            numbers[place][index] -= rate * slope / (first[place][index].squareRoot() + 1e-8)
        }
    }

    private func power(_ base: Double, _ exponent: Double) -> Double {
        (0..<Int(exponent)).reduce(1) { value, _ in value * base }
    }
}
