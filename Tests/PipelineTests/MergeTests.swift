import Pipeline
import Testing

@Suite struct MergeTests {
    private func list(_ items: Int32...) -> [ScoredItem] {
        items.enumerated().map { ScoredItem(item: $1, score: Float(10 - $0)) }
    }

    /// By hand: the first source's quota of 1 takes item 1. The second's quota of 2 passes over 1, which is in already,
    /// and takes 5 and 6. Turns: the first gives 2, the second 7; the limit is reached before 3.
    @Test func quotasComeFirstThenTheSourcesTakeTurns() {
        let merge = Merge(limit: 5, quotas: [1, 2], weights: [1, 1])
        let merged = merge([list(1, 2, 3), list(1, 5, 6, 7)])
        #expect(Set(merged.map(\.item)) == [1, 5, 6, 2, 7])
        // 1 stands first in both lists.
        #expect(merged[0].item == 1 && merged[0].sources == 0b11)
        #expect(merged[0].score == Float(2.0 / 61))
        #expect(merged.first { $0.item == 7 }?.score == Float(1.0 / 64))
        #expect(merged.first { $0.item == 7 }?.sources == 0b10)
    }

    /// 2 and 5 both have rank 2 in their lists: the lower item first, unless the sources' weights say otherwise.
    @Test func ranksAreFusedByWeight() {
        let even = Merge(limit: 10, quotas: [0, 0], weights: [1, 1])([list(1, 2), list(4, 5)])
        #expect(even.map(\.item) == [1, 4, 2, 5])
        let uneven = Merge(limit: 10, quotas: [0, 0], weights: [1, 2])([list(1, 2), list(4, 5)])
        #expect(uneven.map(\.item) == [4, 5, 1, 2])
    }

    @Test(arguments: [0, 1, 3, 100]) func neverMoreThanTheLimitAndNobodyTwice(limit: Int) {
        let merge = Merge(limit: limit, quotas: [2, 2, 0], weights: [1, 1, 1])
        let merged = merge([list(1, 2, 3, 4), list(4, 3, 2, 1), []])
        #expect(merged.count == min(limit, 4) && Set(merged.map(\.item)).count == merged.count)
    }

    @Test func whatIsNoNumberStandsLast() {
        let some = [
            Candidate(item: 1, score: .nan, sources: 0), Candidate(item: 2, score: -.infinity, sources: 0),
            Candidate(item: 3, score: 1, sources: 0), Candidate(item: 4, score: 1, sources: 0),
        ]
        #expect(some.sorted { $0.stands(before: $1) }.map(\.item) == [3, 4, 2, 1])
    }
}
