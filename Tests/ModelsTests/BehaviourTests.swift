import Core
import Features
import Models
import Tensor
import Testing

/// What every model must do: one suite, run against all of them.
@Suite struct BehaviourTests {
    /// One planted shop serves all tests, which don't change it.
    static let shop = PlantedShop()
    static let data = Result { try shop.build() }

    @Test(arguments: ModelUnderTest.all) func findsTastesWherePopularityCannot(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let popularity = try ModelRegistry.make(kind: "popularity", hyperparameters: ["half-life": nil])
        var baseline = popularity
        let report = try baseline.fit(data, options: TrainingOptions())
        #expect(report.interactions == data.rowCount(.train))
        let found = try recall(subject.fitted(data), data)
        let known = try recall(baseline, data)
        if subject.kind == "popularity" {
            #expect(found > known * 0.8)
        } else {
            #expect(found > known * 2, "\(subject.name) \(found), popularity \(known)")
        }
    }

    @Test(arguments: ModelUnderTest.all) func isTheSameAfterSavingAndLoading(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let folder = temporaryFolder()
        try model.save(to: folder)
        let loaded = try ModelRegistry.load(folder: folder)
        #expect(loaded.kind == subject.kind)
        #expect(loaded.hyperparameters == model.hyperparameters)
        let users: [Int32] = [0, 1, 17, -1, Int32(data.users.count - 1)]
        let items: [Int32] = [3, 0, 5, 2, Int32(data.items.count - 1)]
        #expect(
            try loaded.score(users: users, items: items, data: data)
                == model.score(users: users, items: items, data: data))
        let request = RecommendationRequest(users: users, k: 10, at: data.split.testStart)
        #expect(try loaded.recommend(request, data: data) == model.recommend(request, data: data))
        #expect(try loaded.similarItems(to: items, k: 5) == model.similarItems(to: items, k: 5))
    }

    @Test(arguments: ModelUnderTest.all) func scoresArePartOfTheLists(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let users: [Int32] = [4, 9, -1]
        let lists = try model.recommend(
            RecommendationRequest(users: users, k: 6, at: data.split.validationStart), data: data)
        for (row, user) in users.enumerated() {
            let items = Array(lists[row])
            #expect(items.count == 6)
            #expect(Set(items).count == 6)
            #expect(lists.scores(row).elementsEqual(lists.scores(row).sorted(by: >)))
            let scores = try model.score(
                users: [Int32](repeating: user, count: items.count), items: items, data: data)
            for (score, listed) in zip(scores, lists.scores(row)) {
                #expect(abs(score - listed) <= 1e-4 * max(1, abs(score)))
            }
        }
    }

    @Test(arguments: ModelUnderTest.all) func excludedAndDisallowedItemsNeverAppear(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let users = (0..<20).map { Int32($0) }
        let seen = try data.history([.train]).gathering(rows: users)
        let allowed = (0..<data.items.count).map { $0 % 3 != 0 }
        let lists = try model.recommend(
            RecommendationRequest(
                users: users, k: 30, exclude: seen, allowed: allowed, at: data.split.testStart), data: data)
        for row in users.indices {
            #expect(Set(lists[row]).isDisjoint(with: seen[row]))
            #expect(lists[row].allSatisfy { $0 % 3 != 0 })
            #expect(!lists[row].isEmpty)
        }
    }

    @Test(arguments: ModelUnderTest.all) func aListLongerThanTheCatalogueEndsInPads(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let k = data.items.count + 50
        let lists = try model.recommend(
            RecommendationRequest(users: [0, 1], k: k, at: data.split.testStart), data: data)
        #expect(lists[0].count <= data.items.count)
        #expect(lists[0].count >= data.items.trainedCount)
        #expect(Set(lists[0]).count == lists[0].count)
        #expect(lists.items[k - 1] == -1)
        let similar = try model.similarItems(to: [0], k: k)
        #expect(!similar[0].contains(0))
    }

    @Test(arguments: ModelUnderTest.all) func newcomersGetFullLists(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let idle = try #require(data.users.index(of: "idle0"))
        #expect(idle >= data.users.trainedCount)
        let lists = try model.recommend(
            RecommendationRequest(users: [Int32(idle), -1], k: 12, at: data.split.testStart), data: data)
        #expect(lists[0].count == 12 && lists[1].count == 12)
        #expect(lists.scores(0).allSatisfy { $0.isFinite })
        let none = try model.recommend(
            RecommendationRequest(users: [], k: 12, at: data.split.testStart), data: data)
        #expect(none.count == 0)
    }

    @Test(arguments: ModelUnderTest.all.filter { $0.kind != "popularity" })
    func similarItemsAreOfTheSameKind(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let items = (0..<40).map { Int32($0) }
        let lists = try model.similarItems(to: items, k: 3)
        var same = 0
        for item in items {
            #expect(!lists[Int(item)].contains(item))
            let group = Self.shop.group(ofItem: data.items.id(Int(item)))
            same += lists[Int(item)].count { Self.shop.group(ofItem: data.items.id(Int($0))) == group }
        }
        // Users like two kinds, so a neighbour is of the same kind far more often than one time in eight.
        #expect(Double(same) / Double(3 * items.count) > 0.45, "\(same) of \(3 * items.count)")
    }

    @Test(arguments: ModelUnderTest.all) func aHistoryThatTheRequestBringsIsUsed(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let users: [Int32] = [3, 8]
        let at = data.split.validationStart
        let own = try model.recommend(RecommendationRequest(users: users, k: 8, at: at), data: data)
        let empty = RecommendationRequest(
            users: users, k: 8, at: at, history: .empty(rows: 2, columns: data.items.count))
        let other = try model.recommend(empty, data: data)
        let ignores = subject.kind == "popularity" || ModelUnderTest.knowsUsersByVector.contains(subject.kind)
        #expect((own == other) == ignores)
    }

    @Test(arguments: ModelUnderTest.all) func aModelThatWasNotFittedSaysSo(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.make()
        let request = RecommendationRequest(users: [0], k: 3, at: 0)
        #expect(throws: MartletError.self) { try model.recommend(request, data: data) }
        #expect(throws: MartletError.self) { try model.similarItems(to: [0], k: 3) }
        #expect(throws: MartletError.self) { try model.save(to: temporaryFolder()) }
    }

    @Test(arguments: ModelUnderTest.all) func indicesOutsideTheDatasetAreRefused(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let model = try subject.fitted(data)
        let outside = Int32(data.users.count)
        #expect(throws: MartletError.self) {
            try model.recommend(RecommendationRequest(users: [outside], k: 3, at: 0), data: data)
        }
        #expect(throws: MartletError.self) { try model.similarItems(to: [Int32(data.items.count)], k: 3) }
    }

    @Test(arguments: ModelUnderTest.all) func trainingRepeatsExactly(_ subject: ModelUnderTest) throws {
        let data = try Self.data.get()
        let request = RecommendationRequest(users: [0, 5, 11], k: 20, at: data.split.testStart)
        let lists = try subject.fitted(data).recommend(request, data: data)
        #expect(try subject.fittedAnew(data).recommend(request, data: data) == lists)
    }
}
