import Core
import Features
import Models
import Tensor
import Testing

/// The softmax over rows of users against finite differences of a double-precision reference.
@Suite struct UserSoftmaxTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var positiveTemperature: Double?
        var normalizerPower = 1.0
        var isWhole = true
        var masks = false
    }

    static let subjects = [
        Subject(testDescription: "softmax over all items"),
        Subject(testDescription: "all items, positives left out", masks: true),
        Subject(testDescription: "items drawn", isWhole: false),
        Subject(
            testDescription: "bilateral, items drawn, positives left out", positiveTemperature: 0.8, isWhole: false,
            masks: true),
        Subject(testDescription: "bilateral over all items", positiveTemperature: 0.3),
        Subject(testDescription: "the sum raised to a power, items drawn", normalizerPower: 1.3, isWhole: false),
        Subject(
            testDescription: "bilateral, the sum raised to a power", positiveTemperature: 0.5, normalizerPower: 0.8,
            masks: true),
    ]

    // More users and items than a tile has rows and columns.
    private static let (users, items, dimension) = (300, 530, 3)

    @Test(arguments: subjects) func gradientsAreThoseOfFiniteDifferences(_ subject: Subject) {
        var random = RandomSource(seed: 5)
        let u = Self.normal(Self.users, &random)
        let v = Self.normal(Self.items, &random)
        let columns = subject.isWhole ? Array(0..<Int32(Self.items)) : [0, 3, 4, 9, 400, 529]
        let batch = Self.batch(columns, masks: subject.masks, &random)
        let loss = UserSoftmax(
            temperature: 0.6, positiveTemperature: subject.positiveTemperature,
            normalizerPower: subject.normalizerPower, items: Self.items, columns: subject.isWhole ? nil : 10,
            dimension: Self.dimension, threads: 2)
        let (userGradient, itemGradient) = (u.copy(), v.copy())
        let drawn = Matrix(rows: columns.count, columns: Self.dimension)
        for (place, item) in columns.enumerated() {
            _ = drawn.row(place).update(fromContentsOf: UnsafeBufferPointer(v.row(Int(item))))
        }
        let value = loss(
            batch, users: u, columns: subject.isWhole ? v : drawn, items: v, userGradient: userGradient,
            itemGradient: itemGradient)
        var numbers = [u.values.map(Double.init), v.values.map(Double.init)]
        func reference() -> Double {
            Self.reference(batch, numbers[0], numbers[1], subject)
        }
        #expect(abs(value - reference()) < 1e-4 * abs(value))
        let gradients = [userGradient, itemGradient]
        for (place, stride) in [(0, 97), (1, 131)] {
            for index in Swift.stride(from: 0, to: numbers[place].count, by: stride) {
                let old = numbers[place][index]
                numbers[place][index] = old + 1e-5
                let above = reference()
                numbers[place][index] = old - 1e-5
                let below = reference()
                numbers[place][index] = old
                let (expected, found) = ((above - below) / 2e-5, Double(gradients[place].values[index]))
                #expect(abs(found - expected) < 2e-5 + 1e-3 * abs(expected), "[\(place)][\(index)]")
            }
        }
    }

    private static func normal(_ rows: Int, _ random: inout RandomSource) -> Matrix {
        Matrix(rows: rows, columns: dimension, values: (0..<rows * dimension).map { _ in Float(random.normal()) })
    }

    private static func batch(_ columns: [Int32], masks: Bool, _ random: inout RandomSource) -> UserSoftmax.Batch {
        var offsets = [0]
        var (positives, shares): ([Int32], [Float]) = ([], [])
        for row in 0..<users {
            let own = Set((0...row % 4).map { Int32((row * 31 + $0 * 7) % items) }).sorted()
            let weights = own.map { _ in 0.2 + random.uniform() }
            positives += own
            shares += weights.map { Float($0 / weights.reduce(0, +)) }
            offsets.append(positives.count)
        }
        var (starts, masked): ([Int], [Int32]) = ([0], [])
        for row in 0..<users {
            masked += positives[offsets[row]..<offsets[row + 1]].compactMap { item in
                columns.firstIndex(of: item).map { Int32($0) }
            }
            starts.append(masked.count)
        }
        return UserSoftmax.Batch(
            columns: columns, offsets: columns.map { $0 == 9 ? UserSoftmax.leftOut : Float($0 % 5) * 0.3 - 0.4 },
            positiveOffsets: offsets, positives: positives, shares: shares,
            weights: (0..<users).map { 0.5 + Float($0 % 3) / 2 },
            masked: masks ? SparseRows(columns: columns.count, offsets: starts, indices: masked) : nil)
    }

    private static func reference(
        _ batch: UserSoftmax.Batch, _ u: [Double], _ v: [Double], _ subject: Subject
    ) -> Double {
        func product(_ row: Int, _ item: Int32) -> Double {
            (0..<dimension).reduce(0) { $0 + u[row * dimension + $1] * v[Int(item) * dimension + $1] }
        }
        var loss = 0.0
        for row in 0..<users {
            var sum = 0.0
            let left = batch.masked.map { Set($0[row]) } ?? []
            for (column, item) in batch.columns.enumerated()
            where !left.contains(Int32(column)) && batch.offsets[column] > -1e29 {
                sum += Reference.exp(product(row, item) / 0.6 + Double(batch.offsets[column]))
            }
            let range = batch.positiveOffsets[row]..<batch.positiveOffsets[row + 1]
            var positive = 0.0
            for entry in range {
                let (share, fit) = (Double(batch.shares[entry]), product(row, batch.positives[entry]))
                positive += share * (subject.positiveTemperature.map { Reference.exp(fit / $0) } ?? fit / 0.6)
            }
            if let positiveTemperature = subject.positiveTemperature {
                positive = positiveTemperature / 0.6 * Reference.log(positive)
            }
            loss += Double(batch.weights[row]) * (subject.normalizerPower * Reference.log(sum) - positive)
        }
        return loss
    }

    @Test(arguments: [Negatives.uniform, .popularity, .inBatch, .mixed, .queue])
    func whatIsDrawnStandsForAllItems(_ negatives: Negatives) throws {
        let data = try BehaviourTests.data.get()
        let pairs = try InteractionPairs(
            UserHistories(data, windows: [.train]), itemCount: data.items.count, halfLife: nil)
        var sampler = ColumnSampler(negatives, pairs, count: 40, exponent: 0.5, queueSize: 20)
        let values = (0..<data.items.count).map { pairs.counts[$0] == 0 ? 0 : 1 + Double($0 % 7) }
        let users = (0..<data.users.count).filter { !pairs.range($0).isEmpty }.map { Int32($0) }
        var random = RandomSource(seed: 9)
        var mean = 0.0
        let rounds = 3000
        for _ in 0..<rounds {
            let draw = sampler.draw(for: users, random: &random)
            #expect(draw.items.count <= sampler.largest)
            for (item, offset) in zip(draw.items, draw.offsets) {
                mean += Reference.exp(Double(offset)) * values[Int(item)] / Double(rounds)
            }
        }
        let expected = values.reduce(0, +)
        #expect(abs(mean - expected) < 0.02 * expected, "\(mean), expected \(expected)")
    }
}
