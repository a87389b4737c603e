import Core
import Features
import Models
import Tensor
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a blend adds to its members: comparable scores, and weights that were fitted.
struct BlendTests {
    /// Lists whose scores were made up: member by member, row by row.
    static func lists(members: Int, rows: Int, k: Int, items: Int, seed: UInt64) -> [RankedLists] {
        var random = RandomSource(seed: seed)
        return (0..<members).map { member in
            var lists = RankedLists(count: rows, k: k)
            for row in 0..<rows {
                var order = Array(0..<Int32(items))
                random.shuffle(&order)
                // Some lists are shorter than k.
                let length = row % 5 == 4 ? k / 2 : k
                let scores = (0..<length).map { _ in Float(random.normal()) * Float(member + 1) }.sorted(by: >)
                for place in 0..<length {
                    lists.items[row * k + place] = order[place]
                    lists.scores[row * k + place] = scores[place]
                }
            }
            return lists
        }
    }

    /// 9, 5, 5, 1 over n = 4: δ = 2, so (8 + 2, 4 + 2, 4 + 2, 2) / (8 + 2).
    @Test func scoresAreMadeComparable() {
        let lists = RankedLists(count: 2, k: 4, items: [3, 1, 2, 0, 7, 8, -1, -1], scores: [9, 5, 5, 1, 2, 2, 0, 0])
        #expect(BlendedLists([lists], .range).members[0].scores.prefix(6) == [1, 0.6, 0.6, 0.2, 1, 1])
        #expect(BlendedLists([lists], .rank).members[0].scores.prefix(3) == [1, 20 / 21, 20 / 22])
    }

    @Test(arguments: [BlendNormalization.range, .rank])
    func blendedListsAreTheSortedSums(_ normalization: BlendNormalization) {
        let blended = BlendedLists(Self.lists(members: 3, rows: 40, k: 12, items: 30, seed: 3), normalization)
        let weights: [Float] = [0.5, 0, 0.25]
        let found = blended.combined(weights, k: 7, itemCount: 30, threads: 2)
        for row in 0..<40 {
            var sums: [Int32: Float] = [:]
            for (member, weight) in zip(blended.members, weights) {
                for (item, score) in zip(member[row], member.scores(row)) { sums[item, default: 0] += weight * score }
            }
            let expected = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(7)
            #expect(Array(found[row]) == expected.map(\.key))
            #expect(Array(found.scores(row)) == expected.map(\.value))
        }
    }

    /// The measure is the mean of recall and NDCG of the lists that the weights make, and the search improves on all
    /// members and on equal weights.
    @Test func weightsAreFoundByTheMeasureOfTheirLists() {
        let (rows, k) = (300, 5)
        let lists = Self.lists(members: 3, rows: rows, k: 60, items: 60, seed: 5)
        var random = RandomSource(seed: 6)
        // Members 0 and 2 know something of the taste, each for other users; member 1 knows nothing.
        let truth = (0..<rows).map { row in
            Set((0..<3).map { _ in lists[row % 3 == 0 ? 2 : 0][row].prefix(8).randomElement(using: &random)! })
        }
        let blended = BlendedLists(lists, .range)
        let fitted = BlendWeights(blended, truth: truth, k: k, threads: 2)
        func reference(_ weights: [Double]) -> Double {
            let lists = blended.combined(weights.map { Float($0) }, k: k, itemCount: 60, threads: 1)
            var sum = 0.0
            for (row, taken) in truth.enumerated() {
                var gain = 0.0
                for (place, item) in lists[row].enumerated() where taken.contains(item) {
                    sum += 1 / Double(taken.count)
                    gain += 1 / log2(Double(place) + 2)
                }
                sum += gain / (0..<min(k, taken.count)).reduce(0) { $0 + 1 / log2(Double($1) + 2) }
            }
            return sum / Double(rows)
        }
        for weights in [[0.2, 0.3, 0.5], [0.6, 0.1, 0.3]] {
            #expect(abs(fitted.measure(weights) - reference(weights)) < 1e-9)
        }
        let weights = fitted.search()
        let best = reference(weights)
        for other: [Double] in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3.0, 1 / 3.0, 1 / 3.0]] {
            #expect(best > reference(other) + 0.01)
        }
        #expect(weights[0] > weights[2] && weights[2] > weights[1])
        #expect(abs(weights.reduce(0, +) - 1) < 1e-3)
    }

    @Test func aRefitKeepsWeightsAndPasses() throws {
        let data = try BehaviourTests.data.get()
        let subject = ModelUnderTest.all.first { $0.kind == "blend" }!
        let chosen = try subject.fitted(data)
        let weights = try #require(chosen.hyperparameters["weights"]?.array?.compactMap { $0.number })
        let passes = try #require(chosen.hyperparameters["passes"]?.array?.compactMap { $0.integer })
        #expect(weights.count == 3 && passes.count == 3)
        var again = try ModelRegistry.make(kind: "blend", hyperparameters: chosen.hyperparameters)
        _ = try again.fit(data, options: TrainingOptions(windows: [.train, .validation], epochs: 1))
        #expect(again.hyperparameters == chosen.hyperparameters)
    }

    @Test(arguments: [
        ("{members: []}", "must list the models to blend"),
        ("{members: [{neighbors: 3}]}", "must be a mapping with 'kind'"),
        ("{members: [{kind: popularty}]}", "there is no model 'popularty'"),
        ("{members: [{kind: popularity, half: 3}]}", "unknown key 'blend.members[0].half'"),
        ("{members: [{kind: popularity}], weights: [1, 2]}", "must hold 1 positive numbers"),
    ])
    func wrongSettingsAreReported(yaml: String, message: String) throws {
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "martlet.yml"), path: "blend", diagnostics: diagnostics)
        ModelRegistry.check(kind: "blend", fields: &fields)
        let error = #expect(throws: MartletError.self) { try diagnostics.throwIfAny() }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
}
