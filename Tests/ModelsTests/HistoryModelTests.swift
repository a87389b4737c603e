import Core
import Features
import Models
import Tensor
import Testing

/// EASE, SLIM and GF-CF against their formulas, written down plainly in double precision.
@Suite struct HistoryModelTests {
    /// Who took what in the training window: a truth value a user and an item.
    private static func taken(_ data: InteractionDataset) throws -> [[Double]] {
        var matrix = [[Double]](
            repeating: [Double](repeating: 0, count: data.items.count), count: data.users.count)
        let history = try data.history([.train])
        for user in 0..<history.rows { for item in history[user] { matrix[user][Int(item)] = 1 } }
        return matrix
    }

    private static func gram(_ x: [[Double]]) -> [[Double]] {
        let n = x[0].count
        var gram = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for row in x {
            let items = row.indices.filter { row[$0] != 0 }
            for a in items { for b in items { gram[a][b] += row[a] * row[b] } }
        }
        return gram
    }

    /// Holds a model's scores of some users against r · B.
    private static func expectScores(
        _ model: any RetrievalModel, _ data: InteractionDataset, _ x: [[Double]], _ b: [[Double]], within: Double
    ) throws {
        let items = (0..<data.items.count).map { Int32($0) }
        for user in [0, 7, 123, 299] {
            let scores = try model.score(
                users: [Int32](repeating: Int32(user), count: items.count), items: items, data: data)
            for item in items.indices {
                let expected = x[user].indices.reduce(0.0) { $0 + x[user][$1] * b[$1][item] }
                // Popularity adds a millionth.
                #expect(abs(Double(scores[item]) - expected) < within + 2e-6, "user \(user), item \(item)")
            }
        }
    }

    private static func fit(_ kind: String, _ hyperparameters: JSONValue) throws -> any RetrievalModel {
        try ModelUnderTest(kind: kind, name: kind, hyperparameters: hyperparameters).fitted(BehaviourTests.data.get())
    }

    @Test func easeIsTheClosedForm() throws {
        let data = try BehaviourTests.data.get()
        let x = try Self.taken(data)
        var gram = Self.gram(x)
        for item in gram.indices { gram[item][item] += 20 }
        let p = PlainAlgebra.inverse(gram)
        var b = p
        for i in p.indices { for j in p.indices { b[i][j] = i == j ? 0 : -p[i][j] / p[j][j] } }
        let model = try Self.fit("ease", ["regularization": 20, "neighbors": 1000])
        try Self.expectScores(model, data, x, b, within: 2e-5)

        // The nearest by the row of B; with one neighbour each, only the largest weight is left.
        let cut = try Self.fit("ease", ["regularization": 20, "neighbors": 1])
        for item in [0, 11, 60] {
            let order = b[item].indices.filter { b[item][$0] > 0 }.sorted { b[item][$0] > b[item][$1] }
            #expect(try model.similarItems(to: [Int32(item)], k: 5)[0].map { Int($0) } == Array(order.prefix(5)))
            let largest = b[item].indices.max { abs(b[item][$0]) < abs(b[item][$1]) }!
            let expected = b[item][largest] > 0 ? [largest] : []
            #expect(try cut.similarItems(to: [Int32(item)], k: 5)[0].map { Int($0) } == expected)
        }
    }

    @Test func recentItemsOfAHistoryWeighMore() throws {
        let data = try BehaviourTests.data.get()
        let x = try Self.taken(data)
        var linear = Self.gram(x)
        for item in linear.indices { linear[item][item] += 20 }
        let p = PlainAlgebra.inverse(linear)
        var b = p
        for i in p.indices { for j in p.indices { b[i][j] = i == j ? 0 : -p[i][j] / p[j][j] } }
        // An item counts from when it was last taken; of those, each later one takes its share away.
        var weighed = x
        let history = try data.history([.train])
        for user in 0..<history.rows {
            var later: [Int32] = []
            for item in history[user].reversed() where !later.contains(item) {
                weighed[user][Int(item)] = Reference.power(Double(1 + later.count), -0.7)
                later.append(item)
            }
        }
        let model = try Self.fit("ease", ["regularization": 20, "neighbors": 1000, "recency": 0.7])
        try Self.expectScores(model, data, weighed, b, within: 2e-5)
    }

    @Test func easeOnTheMostFrequentItemsLeavesTheOthersToPopularity() throws {
        let data = try BehaviourTests.data.get()
        let x = try Self.taken(data).map { Array($0.prefix(50)) }
        var gram = Self.gram(x)
        for item in gram.indices { gram[item][item] += 20 }
        let p = PlainAlgebra.inverse(gram)
        let n = data.items.count
        var b = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for i in 0..<50 { for j in 0..<50 where i != j { b[i][j] = -p[i][j] / p[j][j] } }
        let model = try Self.fit("ease", ["regularization": 20, "neighbors": 1000, "maximum-items": 50])
        try Self.expectScores(model, data, try Self.taken(data), b, within: 2e-5)
    }

    @Test func slimMeetsTheConditionsOfItsOptimum() throws {
        let data = try BehaviourTests.data.get()
        let gram = Self.gram(try Self.taken(data))
        for nonnegative in [true, false] {
            let (l1, l2) = (1.5, 10.0)
            let model = try Self.fit(
                "slim", ["l1": 1.5, "l2": 10, "nonnegative": .bool(nonnegative), "tolerance": 1e-7])
            // Row k of W is what a history of item k alone scores.
            let n = data.items.count
            let w = try Self.weights(model, data)
            var used = 0
            for target in 0..<n {
                for item in 0..<n where item != target {
                    let fitted = (0..<n).reduce(0.0) { $0 + gram[item][$1] * w[$1][target] }
                    // The derivative of the smooth part.
                    let slope = fitted - gram[item][target] + l2 * w[item][target]
                    if w[item][target] == 0 {
                        // Pairs that never met are no candidates.
                        if gram[item][target] > 0 {
                            #expect(slope > -l1 - 1e-2 && (nonnegative || slope < l1 + 1e-2))
                        }
                    } else {
                        used += 1
                        #expect(abs(slope + l1 * (w[item][target] > 0 ? 1 : -1)) < 1e-2)
                        #expect(!nonnegative || w[item][target] > 0)
                    }
                }
                #expect(w[target][target] == 0)
            }
            #expect(used > n)
        }
    }

    /// W as the model's file has it.
    private static func weights(_ model: any RetrievalModel, _ data: InteractionDataset) throws -> [[Double]] {
        let folder = temporaryFolder()
        try model.save(to: folder)
        let file = try SafetensorsFile(path: folder + "/weights.safetensors")
        let offsets = try file.longIntegers("weights.offsets").map { Int($0) }
        let items = try file.integers("weights.items")
        let values = try file.floats("weights.values", shape: [nil])
        var w = [[Double]](repeating: [Double](repeating: 0, count: data.items.count), count: data.items.count)
        for row in w.indices {
            for place in offsets[row]..<offsets[row + 1] { w[row][Int(items[place])] = Double(values[place]) }
        }
        return w
    }

    @Test func graphFilterIsTheFormula() throws {
        let data = try BehaviourTests.data.get()
        let x = try Self.taken(data)
        let n = data.items.count
        let users = x.map { max($0.reduce(0, +), 1) }
        let items = (0..<n).map { item in max(x.reduce(0) { $0 + $1[item] }, 1) }
        let normalized = x.enumerated().map { user, row in
            row.enumerated().map { item, value in value / (users[user] * items[item]).squareRoot() }
        }
        let linear = Self.gram(normalized)
        let vectors = PlainAlgebra.eigen(linear).vectors.prefix(6)
        var b = linear
        for i in 0..<n {
            for j in 0..<n {
                let kept = vectors.reduce(0.0) { $0 + $1[i] * $1[j] }
                b[i][j] += 0.4 * kept * (items[j] / items[i]).squareRoot()
            }
        }
        // The linear filter is of R̃ᵀR̃, whose rows and columns are scaled by the degrees; the history comes as it is.
        let model = try Self.fit("gf-cf", ["factors": 6, "low-pass": 0.4])
        try Self.expectScores(model, data, x, b, within: 2e-4)
        let withoutLowPass = try Self.fit("gf-cf", ["low-pass": 0])
        try Self.expectScores(withoutLowPass, data, x, linear, within: 1e-5)
    }
}
