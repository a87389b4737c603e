import Core
import Features
import Models
import Tensor
import Testing

@Suite struct InteractionGraphTests {
    /// Against products with the dense normalised adjacency matrix, in double precision. The matrix is symmetric, so
    /// that the same product is the gradient's way back; the mean over layers is linear.
    @Test(arguments: [0, 1, 3], [0, 0.7]) func vectorsFlowAlongTheEdges(layers: Int, recency: Double) throws {
        let data = try BehaviourTests.data.get()
        let pairs = try InteractionPairs(
            UserHistories(data, windows: [.train]), itemCount: data.items.count, halfLife: nil, recency: recency)
        let (users, items) = (pairs.userCount, pairs.itemCount)
        var random = RandomSource(seed: 2)
        let all = (0..<(users + items) * 2).map { _ in Float(random.normal()) }
        let (u, v) = (
            Matrix(rows: users, columns: 2, values: all[..<(users * 2)]),
            Matrix(rows: items, columns: 2, values: all[(users * 2)...])
        )
        let (userMeans, itemMeans) = (Matrix(rows: users, columns: 2), Matrix(rows: items, columns: 2))
        InteractionGraph(pairs, layers: layers, dimension: 2, threads: 2)
            .propagate(users: u, items: v, into: userMeans, itemMeans)

        var degrees = [Double](repeating: 0, count: users + items)
        for user in 0..<users {
            for pair in pairs.range(user) {
                degrees[user] += Double(pairs.weights?[pair] ?? 1)
                degrees[users + Int(pairs.items[pair])] += Double(pairs.weights?[pair] ?? 1)
            }
        }
        var layer = all.map(Double.init)
        var mean = layer
        for _ in 0..<layers {
            var next = [Double](repeating: 0, count: layer.count)
            for user in 0..<users {
                for pair in pairs.range(user) {
                    let item = Int(pairs.items[pair])
                    let count = Double(pairs.weights?[pair] ?? 1)
                    let weight = count / (degrees[user] * degrees[users + item]).squareRoot()
                    for column in 0..<2 {
                        next[user * 2 + column] += weight * layer[(users + item) * 2 + column]
                        next[(users + item) * 2 + column] += weight * layer[user * 2 + column]
                    }
                }
            }
            layer = next
            for index in mean.indices { mean[index] += layer[index] }
        }
        for index in mean.indices {
            let found = index < users * 2 ? userMeans.values[index] : itemMeans.values[index - users * 2]
            #expect(abs(Double(found) - mean[index] / Double(layers + 1)) < 1e-5)
        }
    }

    @Test func eachPairIsThereOnce() throws {
        let start: Int64 = 1_600_000_000
        let rows: [(user: String, item: String, time: Int64)] = [
            ("a", "x", 0), ("a", "y", 1), ("a", "x", 5), ("b", "y", 2), ("c", "x", 86_400 * 40),
        ].map { ($0.0, $0.1, start + Int64($0.2)) }
        let data = try PlantedShop.build(rows)
        let histories = try UserHistories(data, windows: [.train])
        let pairs = try InteractionPairs(histories, itemCount: data.items.count, halfLife: nil)
        #expect(pairs.count == 3 && pairs.weights == nil && pairs.counts.reduce(0, +) == 3)
        let faded = try InteractionPairs(histories, itemCount: data.items.count, halfLife: 5)
        let weights = try #require(faded.weights)
        #expect(abs(weights.reduce(0, +) - 3) < 1e-5)
        // a bought x at the end and 5 seconds before: 1 + ½; y 4 seconds before.
        let user = try #require(data.users.index(of: "a"))
        let item = try #require(data.items.index(of: "x"))
        let place = try #require(faded.range(user).first { faded.items[$0] == Int32(item) })
        let other = try #require(faded.range(user).first { $0 != place })
        #expect(abs(weights[place] / weights[other] - 1.5 / 0.574349) < 1e-4)
        // Nothing of a came after x, and x came after y: 1 and (1 + 1)^(−2).
        let recent = try InteractionPairs(histories, itemCount: data.items.count, halfLife: nil, recency: 2)
        let shares = try #require(recent.weights)
        #expect(abs(shares.reduce(0, +) - 3) < 1e-5 && abs(shares[place] / shares[other] - 4) < 1e-4)
    }
}
