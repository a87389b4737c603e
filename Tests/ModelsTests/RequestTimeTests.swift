import Core
import Features
import Models
import Tensor
import Testing

/// What a server asks of models at request time is what they recommend in batch.
@Suite struct RequestTimeTests {
    /// Users with and without training, who bring histories of their own, newest last.
    private func request(_ data: InteractionDataset, k: Int) throws -> RecommendationRequest {
        let users: [Int32] = [0, 7, Int32(data.users.count - 1), -1, 31]
        let histories: [[Int32]] = [[3, 9, 3, 40], [], [1, 2], [5, 5, 8], [Int32(data.items.count - 1), 12]]
        var (offsets, times) = ([0], [Int64]())
        for history in histories {
            offsets.append(offsets.last! + history.count)
            times += history.indices.map { data.split.end - Int64(history.count - $0) * 86_400 }
        }
        return RecommendationRequest(
            users: users, k: k, at: data.split.end,
            history: SparseRows(columns: data.items.count, offsets: offsets, indices: histories.flatMap { $0 }),
            historyTimes: times)
    }

    @Test(arguments: ModelUnderTest.ranking)
    func candidatesAreScoredAsTheWholeCatalogueIs(_ model: ModelUnderTest) throws {
        let data = try BehaviourTests.data.get()
        let fitted = try #require(try model.fitted(data) as? any CandidateModel)
        let request = try request(data, k: 70)
        let lists = try fitted.recommend(request, data: data)
        // Rows of different lengths, so that blocks hold pieces of several users.
        let rows = lists.count
        let kept = (0..<rows).map { row in Array(lists[row].reversed().prefix(70 - 13 * row)) }
        let candidates = SparseRows(
            columns: data.items.count, offsets: kept.reduce(into: [0]) { $0.append($0.last! + $1.count) },
            indices: kept.flatMap { $0 })
        let scores = try fitted.candidateScorer(data).scores(of: candidates, for: request)
        for row in 0..<rows {
            let expected = Array(lists.scores(row).reversed().prefix(70 - 13 * row))
            for (place, entry) in candidates.range(row).enumerated() {
                #expect(abs(scores[entry] - expected[place]) <= 1e-4 * max(1, abs(expected[place])))
            }
        }
    }

    /// Features that are what the dataset holds change nothing; those of another item change that one's score alone.
    @Test(arguments: ModelUnderTest.ranking)
    func itemsMayBringFeaturesOfTheirOwn(_ model: ModelUnderTest) throws {
        let data = try BehaviourTests.data.get()
        let fitted = try #require(try model.fitted(data) as? any CandidateModel)
        let request = try request(data, k: 10)
        let items: [Int32] = [0, 3, 7, 12, 20]
        let candidates = SparseRows(
            columns: data.items.count, offsets: (0...request.users.count).map { $0 * items.count },
            indices: request.users.flatMap { _ in items })
        let features = try #require(data.items.features)
        let all = try Table(
            schema: features.schema, columns: features.schema.names.map { try features.column($0) })
        let scorer = try fitted.candidateScorer(data)
        let own = try scorer.scores(of: candidates, for: request)
        let same = EncodedItems(items: items, rows: items.map(Int.init), table: all)
        #expect(try scorer.scores(of: candidates, for: request, features: nil, items: [same]) == own)
        // Item 3 is of another category now.
        let name = try #require(features.schema.columns.first { $0.tags.contains(.categorical) }?.name)
        guard case .int32(let codes) = try features.column(name).values else { return }
        let other = try #require((0..<data.items.count).first { codes[$0] != codes[3] })
        let moved = EncodedItems(items: [3], rows: [other], table: all)
        let scores = try scorer.scores(of: candidates, for: request, features: nil, items: [moved])
        for entry in scores.indices {
            #expect((scores[entry] == own[entry]) == (candidates.indices[entry] != 3))
        }
    }

    @Test(arguments: ModelUnderTest.all.filter { ModelRegistry.queryKinds.contains($0.kind) })
    func vectorsFindWhatTheModelRecommends(_ model: ModelUnderTest) throws {
        let data = try BehaviourTests.data.get()
        let fitted = try #require(try model.fitted(data) as? any QueryModel)
        let request = try request(data, k: 20)
        let lists = try fitted.recommend(request, data: data)
        let tower = try fitted.queryTower(data)
        let (queries, items) = (try tower.queries(request), try tower.itemVectors())
        let repeats = try tower.repeats(request)
        for row in 0..<lists.count {
            let query = queries.row(row)
            // Nothing is known of the user: the model recommends what is popular.
            guard query.contains(where: { $0 != 0 }) else { continue }
            // A trained user of iALS who brings an empty history is searched for by the vector that was learned.
            if model.kind == "ials", request.history![row].isEmpty { continue }
            for (item, score) in zip(lists[row], lists.scores(row)) {
                #expect(tower.findable?[Int(item)] ?? true)
                let product = zip(query, items.row(Int(item))).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                let bonus = repeats?[row].first { $0.item == item }?.bonus ?? 0
                #expect(abs(product + bonus - score) <= 1e-3 * max(1, abs(score)))
            }
        }
    }
}
