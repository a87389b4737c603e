import Core
import Evaluation
import Features
import Models
import Tensor

/// Asks a model again, with something changed, for a sample of the judged users.
struct ModelProbe {
    let model: any RetrievalModel
    let judge: Judge
    let k: Int
    /// Places of the judged users that are asked for.
    let places: [Int]

    init(model: any RetrievalModel, judge: Judge, k: Int, sample: Int, seed: UInt64) {
        self.model = model
        self.judge = judge
        self.k = k
        var places = Array(judge.users.indices)
        if places.count > sample {
            var random = RandomSource(seed: seed, stream: 0x7072_6F62)
            random.shuffle(&places)
            places = Array(places.prefix(sample)).sorted()
        }
        self.places = places
    }

    private func request(_ places: [Int], _ past: TrainingPast) -> RecommendationRequest {
        let users = places.map { judge.users[$0] }
        return RecommendationRequest(
            users: users, k: k,
            exclude: judge.configuration.excludesSeen ? past.histories.distinct(rows: users.map(Int.init)) : nil,
            at: judge.data.split[judge.window].lowerBound)
    }

    /// Which of the places have another list when the rows that judge are hidden.
    func hidden(_ past: TrainingPast, folder: String) throws -> (changed: [Int], looked: Int) {
        let blind = try BlindDataset.make(of: judge.data, hiding: judge.window, in: folder)
        let request = request(places, past)
        let open = try model.recommend(request, data: judge.data)
        let closed = try model.recommend(request, data: blind)
        return (places.indices.filter { open[$0] != closed[$0] }.map { places[$0] }, places.count)
    }

    /// Lists before and after the last item of a history is dropped, or swapped for the one most similar to it.
    func perturbed(_ past: TrainingPast) throws
        -> [BehaviourTest: (users: [Int], before: RankedLists, after: RankedLists)]
    {
        let timed = try TrainingPast.timed(places.map { judge.users[$0] }, judge.data)
        let chosen = places.indices.filter { timed[$0].count >= 2 }
        guard !chosen.isEmpty else { return [:] }
        let lasts = chosen.map { timed[$0].last!.item }
        let similar = try model.similarItems(to: lasts, k: 1)
        var result: [BehaviourTest: (users: [Int], before: RankedLists, after: RankedLists)] = [:]
        let dropped = chosen.map { Array(timed[$0].dropLast()) }
        result[.perturbationDrop] = try compare(chosen, chosen.map { timed[$0] }, dropped, past)
        let swappable = chosen.indices.filter { !similar[$0].isEmpty }
        if !swappable.isEmpty {
            let users = swappable.map { chosen[$0] }
            let swapped = swappable.map { place in
                Array(timed[chosen[place]].dropLast())
                    + [(item: similar[place].first!, time: timed[chosen[place]].last!.time)]
            }
            result[.perturbationSwap] = try compare(users, users.map { timed[$0] }, swapped, past)
        }
        return result
    }

    private func compare(
        _ chosen: [Int], _ before: [[(item: Int32, time: Int64)]], _ after: [[(item: Int32, time: Int64)]],
        _ past: TrainingPast
    ) throws -> (users: [Int], before: RankedLists, after: RankedLists) {
        var request = request(chosen.map { places[$0] }, past)
        func recommend(_ histories: [[(item: Int32, time: Int64)]]) throws -> RankedLists {
            var offsets = [0]
            for history in histories { offsets.append(offsets.last! + history.count) }
            request.history = SparseRows(
                columns: judge.data.items.count, offsets: offsets, indices: histories.flatMap { $0.map(\.item) })
            request.historyTimes = histories.flatMap { $0.map(\.time) }
            return try model.recommend(request, data: judge.data)
        }
        return (chosen.map { places[$0] }, try recommend(before), try recommend(after))
    }

    /// How symmetric similar items are, over a sample of trained items.
    func symmetry(sample: Int) throws -> [Double?] {
        let count = judge.data.items.trainedCount
        let step = max(1, count / max(sample, 1))
        let items = stride(from: 0, to: count, by: step).map { Int32($0) }
        return try SimilarityTests.symmetry(of: items, k: min(10, max(1, count - 1))) {
            try model.similarItems(to: $0, k: $1)
        }
    }
}
