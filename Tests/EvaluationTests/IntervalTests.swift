import Core
import Evaluation
import Tensor
import Testing

struct IntervalTests {
    /// Lists of one item, right with probability `share`, and everyone's relevant item 0.
    static func coin(users: Int, share: Double, seed: UInt64) -> RankedLists {
        var random = RandomSource(seed: seed)
        let items = (0..<users).map { _ in random.uniform() < share ? Int32(0) : 1 }
        return RankedLists(count: users, k: 1, items: items, scores: [Float](repeating: 0, count: users))
    }

    static func truth(users: Int) -> SparseRows {
        SparseRows(columns: 2, offsets: Array(0...users), indices: [Int32](repeating: 0, count: users))
    }

    static func measure(_ lists: RankedLists, name: String = "coin") throws -> ModelEvaluation {
        try evaluate(
            name: name, lists: lists, truth: truth(users: lists.count), ks: [1], measures: [.recall], itemCount: 2,
            bootstrapSeed: 7)
    }

    /// A proportion's standard error is √(p(1−p)/U): both the bootstrap (400 users) and the normal interval (20,000)
    /// must have that width.
    @Test(arguments: [400, 20_000])
    func widthIsThatOfAProportion(users: Int) throws {
        let found = try #require(try Self.measure(Self.coin(users: users, share: 0.3, seed: 3)).metrics["recall@1"])
        let expected = 1.96 * (found.value * (1 - found.value) / Double(users)).squareRoot()
        #expect(abs(found.margin / expected - 1) < 0.12)
        #expect(found.low < found.value && found.value < found.high)
    }

    @Test func theSameSeedGivesTheSameInterval() throws {
        let lists = Self.coin(users: 300, share: 0.5, seed: 4)
        #expect(try Self.measure(lists).metrics == Self.measure(lists).metrics)
    }

    /// Over 60 made-up worlds with a known share, close to 95 % of the intervals hold it.
    @Test func intervalsHoldTheTruth() throws {
        var held = 0
        for world in 0..<60 {
            let found = try Self.measure(Self.coin(users: 150, share: 0.4, seed: UInt64(world))).metrics["recall@1"]!
            if found.low <= 0.4 && 0.4 <= found.high { held += 1 }
        }
        #expect(held >= 52)
    }

    @Test func pairedDifferenceOfNearlyEqualModelsIsSharp() throws {
        // The second model is the first, plus a hit for every twentieth user: unpaired intervals overlap, the paired
        // difference is sure.
        let first = Self.coin(users: 400, share: 0.4, seed: 5)
        var second = first
        for user in stride(from: 0, to: 400, by: 20) { second.items[user] = 0 }
        let (worse, better) = (try Self.measure(first, name: "a"), try Self.measure(second, name: "b"))
        let found = try #require(Comparison(of: better, with: worse, metric: "recall@1", seed: 1))
        #expect(abs(found.difference.value - (better.value("recall@1")! - worse.value("recall@1")!)) < 1e-6)
        #expect(found.verdict == .better)
        #expect(better.metrics["recall@1"]!.low < worse.metrics["recall@1"]!.high)
        #expect(try #require(Comparison(of: worse, with: better, metric: "recall@1", seed: 1)).verdict == .worse)
        #expect(try #require(Comparison(of: worse, with: worse, metric: "recall@1", seed: 1)).verdict == .undecided)
    }
}
