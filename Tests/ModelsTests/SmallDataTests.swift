import Core
import Features
import Models
import Tensor
import Testing

/// Data at the edge of what can be learned from.
@Suite struct SmallDataTests {
    @Test(arguments: ModelUnderTest.all.filter { $0.name != "popularity by segment" })
    func oneRowIsEnough(_ subject: ModelUnderTest) throws {
        let data = try PlantedShop.build([("u", "i", 1_600_000_000)], split: .none)
        let model = try subject.fitted(data)
        let lists = try model.recommend(RecommendationRequest(users: [0], k: 5, at: 1_600_000_000), data: data)
        #expect(Array(lists[0]) == [0])
        #expect(lists.scores(0).first?.isFinite == true)
        #expect(try model.similarItems(to: [0], k: 2)[0].isEmpty)
    }

    @Test(arguments: ModelUnderTest.all.filter { $0.name != "popularity by segment" })
    func allUsersWithOneItem(_ subject: ModelUnderTest) throws {
        let rows = (0..<50).map { ("u\($0)", "only", 1_600_000_000 + Int64($0)) }
        let model = try subject.fitted(PlantedShop.build(rows, split: .none))
        let data = try PlantedShop.build(rows, split: .none)
        let lists = try model.recommend(RecommendationRequest(users: [0, 49], k: 3, at: 1_600_000_000), data: data)
        #expect(Array(lists[0]) == [0] && Array(lists[1]) == [0])
    }

    @Test func aBatchOfOneTrains() throws {
        let rows = (0..<20).map { ("u\($0 % 4)", "i\($0 % 5)", 1_600_000_000 + Int64($0)) }
        let data = try PlantedShop.build(rows, split: .none)
        var model = try ModelRegistry.make(
            kind: "two-tower", hyperparameters: ["batch-size": 1, "epochs": 1, "layers": [8]])
        let report = try model.fit(data, options: TrainingOptions())
        #expect(report.loss == [0])
    }

    @Test(arguments: ModelUnderTest.all) func anotherDatasetIsRefused(_ subject: ModelUnderTest) throws {
        let model = try subject.fitted(BehaviourTests.data.get())
        let other = try PlantedShop.build([("u", "i", 1_600_000_000)], split: .none)
        #expect(throws: MartletError.self) {
            try model.recommend(RecommendationRequest(users: [0], k: 5, at: 0), data: other)
        }
    }
}
