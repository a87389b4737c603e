import Core
import Evaluation
import Tensor
import Testing

/// Each metric against numbers worked out by hand.
///
/// | user | list       | relevant   | hits at places |
/// |------|------------|------------|----------------|
/// | 0    | 1 2 3 4    | 2 4 9      | 2, 4           |
/// | 1    | 5 6 7 (–)  | 5          | 1              |
/// | 2    | 8 9 1 2    | 0          | none           |
/// | 3    | 3 4 5 6    | (nothing)  | left out       |
struct MetricTests {
    static let lists = RankedLists(
        count: 4, k: 4, items: [1, 2, 3, 4, 5, 6, 7, -1, 8, 9, 1, 2, 3, 4, 5, 6],
        scores: [Float](repeating: 0, count: 16))
    static let truth = SparseRows(columns: 10, offsets: [0, 4, 5, 6, 6], indices: [2, 4, 9, 4, 5, 0])

    static func evaluation(ks: [Int] = [2, 4]) throws -> ModelEvaluation {
        try evaluate(name: "model", lists: lists, truth: truth, ks: ks, itemCount: 10, bootstrapSeed: 1)
    }

    /// What each of the users 0, 1 and 2 has.
    static let byUser: [(metric: String, users: [Double])] = [
        ("recall@2", [0.3333333333, 1, 0]), ("recall@4", [0.6666666667, 1, 0]),
        ("precision@2", [0.5, 0.5, 0]), ("precision@4", [0.5, 0.25, 0]),
        ("hit-rate@2", [1, 1, 0]), ("hit-rate@4", [1, 1, 0]),
        ("mrr@2", [0.5, 1, 0]), ("mrr@4", [0.5, 1, 0]),
        // Precision is 1/2 at place 2 and 2/4 at place 4; divided by min(k, 3).
        ("map@2", [0.25, 1, 0]), ("map@4", [0.3333333333, 1, 0]),
        // 1/log₂3 = 0.63093 and 1/log₂5 = 0.43068; the ideal of two is 1.63093, of three 2.13093.
        ("ndcg@2", [0.3868528072, 1, 0]), ("ndcg@4", [0.4981889, 1, 0]),
    ]

    @Test(arguments: byUser)
    func handWorked(metric: String, users: [Double]) throws {
        let found = try #require(try Self.evaluation().value(metric))
        #expect(abs(found - users.reduce(0, +) / 3) < 1e-6)
    }

    /// At 2 the lists hold 1 2 5 6 8 9; at 4 all but 0.
    @Test func coverageIsTheShareOfAllItems() throws {
        let evaluation = try Self.evaluation()
        #expect(evaluation.value("coverage@2") == 0.6)
        #expect(evaluation.value("coverage@4") == 0.9)
    }

    @Test func usersAreCounted() throws {
        let evaluation = try Self.evaluation()
        #expect(evaluation.users == 3)
        #expect(evaluation.leftOut == 1)
        #expect(evaluation.emptyLists == 0)
    }

    @Test func listShorterThanKCountsAsPadded() throws {
        let evaluation = try Self.evaluation(ks: [10])
        #expect(abs(evaluation.value("precision@10")! - (0.2 + 0.1) / 3) < 1e-6)
        #expect(abs(evaluation.value("recall@10")! - (2.0 / 3 + 1) / 3) < 1e-6)
    }

    @Test func emptyListCountsAsZero() throws {
        let evaluation = try evaluate(
            name: "model", lists: RankedLists(count: 4, k: 3), truth: Self.truth, ks: [3], itemCount: 10,
            bootstrapSeed: 1)
        #expect(evaluation.emptyLists == 3)
        #expect(evaluation.metrics.values.allSatisfy { $0.value == 0 })
    }

    @Test func nobodyToMeasureIsAnError() {
        #expect(throws: MartletError.self) {
            try evaluate(
                name: "model", lists: Self.lists, truth: .empty(rows: 4, columns: 10), ks: [3], itemCount: 10,
                bootstrapSeed: 1)
        }
        #expect(throws: MartletError.self) {
            try evaluate(
                name: "model", lists: Self.lists, truth: .empty(rows: 3, columns: 10), ks: [3], itemCount: 10,
                bootstrapSeed: 1)
        }
    }

    @Test(arguments: ["recall@12", "hit-rate@1", "coverage@100"])
    func namesAreReadAndWritten(name: String) {
        #expect(RankingMetric(name)?.description == name)
    }

    @Test(arguments: ["recall", "recall@", "recall@0", "recall@x", "accuracy@3", "@3", "recall@1@2"])
    func otherNamesAreRefused(name: String) { #expect(RankingMetric(name) == nil) }
}
