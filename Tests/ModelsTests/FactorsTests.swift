import Core
import Features
import Models
import Tensor
import Testing

/// Factors worked out by hand: two dimensions, three users of whom one was not trained, four items of whom one was not.
@Suite struct FactorsTests {
    private static func make(bias: [Float]? = nil) throws -> (Factors, InteractionDataset) {
        let data = try BehaviourTests.data.get()
        let (users, items) = (data.users.count, data.items.count)
        let user = Matrix(rows: users, columns: 2)
        (user[0, 0], user[0, 1], user[1, 0], user[1, 1]) = (1, 0, 0, 2)
        let item = Matrix(rows: items, columns: 2)
        (item[0, 0], item[1, 1], item[2, 0], item[2, 1], item[3, 0]) = (3, 2, 1, 1, 100)
        var popularity = [Float](repeating: 0, count: items)
        (popularity[0], popularity[1], popularity[2]) = (0.5, 0.25, 1)
        let bias = bias.map { $0 + [Float](repeating: 0, count: items - $0.count) }
        return (
            Factors(
                users: user, items: item, itemBias: bias, popularity: popularity,
                shape: DatasetShape(data, windows: [.train])), data
        )
    }

    @Test func listsGoByInnerProductAndNewcomersByPopularity() throws {
        let (factors, data) = try Self.make()
        let lists = try factors.lists(RecommendationRequest(users: [0, 1, 2, -1], k: 4, at: 0), data: data)
        #expect(Array(lists[0]) == [0, 2, 1] && Array(lists.scores(0)) == [3, 1, 0])
        #expect(Array(lists[1]) == [1, 2, 0] && Array(lists.scores(1)) == [4, 2, 0])
        #expect(Array(lists[2]) == [2, 0, 1] && Array(lists[3]) == [2, 0, 1])
        let scores = try factors.score(users: [1, 1, -1], items: [2, 3, 0], data: data)
        #expect(scores == [2, -.infinity, 0.5])
    }

    @Test func aBiasShiftsTheScores() throws {
        let (factors, data) = try Self.make(bias: [-4, 0, 0.5])
        let lists = try factors.lists(RecommendationRequest(users: [0], k: 3, at: 0), data: data)
        #expect(Array(lists[0]) == [2, 1, 0] && Array(lists.scores(0)) == [1.5, 0, -1])
        #expect(try factors.score(users: [0], items: [0], data: data) == [-1])
    }

    @Test func aNewcomersHistoryMakesAVector() throws {
        let (factors, data) = try Self.make()
        let history = SparseRows(columns: data.items.count, offsets: [0, 1, 2], indices: [1, 3])
        let lists = try factors.lists(
            RecommendationRequest(users: [-1, -1], k: 3, at: 0, history: history), data: data)
        // The trained users' mean length is 1.5; item 3 was not trained, so it tells nothing.
        #expect(Array(lists[0]) == [1, 2, 0] && Array(lists.scores(0)) == [3, 1.5, 0])
        #expect(Array(lists[1]) == [2, 0, 1])
    }

    @Test func similarItemsGoByCosine() throws {
        let (factors, _) = try Self.make()
        let lists = try factors.similarItems(to: [0, 3], k: 2)
        #expect(Array(lists[0]) == [2, 1] && lists[1].isEmpty)
    }
}
