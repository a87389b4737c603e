import Core
import Evaluation
import Foundation
import Tensor
import Testing

/// The metrics that RecList, recmetrics and scikit-learn have too, against theirs on the same lists, run here and now.
struct PeerTests {
    static let (users, items, k) = (120, 90, 10)

    /// Lists, what users chose, and all else that a metric looks at.
    struct World {
        var lists: [[Int]] = []
        var others: [[Int]] = []
        var whole: [[Int]] = []
        var truth: [[Int]] = []
        var sessions: [[Int]] = []
        var slices: [Int] = []
        var prices: [Double] = []
        var vectors: [[Double]] = []
        var ratings: [Double] = []
        var guesses: [Double] = []
        var labels: [Int] = []
        var probabilities: [Double] = []

        init() {
            var random = RandomSource(seed: 11)
            func shuffled() -> [Int] {
                var order = Array(0..<PeerTests.items)
                random.shuffle(&order)
                return order
            }
            for user in 0..<PeerTests.users {
                whole.append(shuffled())
                lists.append(Array(whole[user].prefix(PeerTests.k)))
                others.append(Array(lists[user].prefix(6)) + shuffled().filter { !lists[user].contains($0) }.prefix(4))
                // Half of what is chosen lies near the top, so that there are hits.
                let near = Array(whole[user].prefix(20))
                truth.append(Array(Set((0..<1 + user % 5).map { $0 % 2 == 0 ? near[random.index(below: 20)] : $0 })))
                slices.append(user % 3)
            }
            for _ in 0..<400 {
                // Popularity falls with the item's number, and every item comes at least once.
                sessions.append((0..<6).map { _ in Int(random.uniform() * random.uniform() * Double(PeerTests.items)) })
            }
            sessions.append(Array(0..<PeerTests.items))
            prices = (0..<PeerTests.items).map { _ in 1 + random.uniform() * 99 }
            vectors = (0..<PeerTests.items).map { _ in (0..<8).map { _ in random.normal() } }
            ratings = (0..<200).map { _ in Double(1 + random.index(below: 5)) }
            guesses = ratings.map { $0 + random.normal() }
            labels = (0..<300).map { $0 % 3 == 0 ? 1 : 0 }
            probabilities = labels.map { min(max(0.3 + 0.2 * Double($0) + 0.2 * random.normal(), 0.01), 0.99) }
        }

        var popularity: [Int] {
            var counts = [Int](repeating: 0, count: PeerTests.items)
            for session in sessions { for item in session { counts[item] += 1 } }
            return counts
        }

        var json: JSONValue {
            func integers(_ rows: [[Int]]) -> JSONValue { .array(rows.map(integers)) }
            func integers(_ row: [Int]) -> JSONValue { .array(row.map { .integer(Int64($0)) }) }
            func numbers(_ row: [Double]) -> JSONValue { .array(row.map { .number($0) }) }
            return [
                "k": .integer(Int64(PeerTests.k)), "items": .integer(Int64(PeerTests.items)), "users": 401,
                "lists": integers(lists), "others": integers(others), "whole": integers(whole),
                "truth": integers(truth), "first": integers(truth.map { $0[0] }), "sessions": integers(sessions),
                "slices": integers(slices), "popularity": integers(popularity), "prices": numbers(prices),
                "vectors": .array(vectors.map(numbers)), "ratings": numbers(ratings), "guesses": numbers(guesses),
                "labels": integers(labels), "groups": integers(labels.indices.map { $0 / 10 }),
                "probabilities": numbers(probabilities),
            ]
        }
    }

    private static func ranked(_ lists: [[Int]]) -> RankedLists {
        RankedLists(
            count: lists.count, k: lists[0].count, items: lists.flatMap { $0.map(Int32.init) },
            scores: lists.flatMap { $0.indices.map { -Float($0) } })
    }

    private static func rows(_ rows: [[Int]]) -> SparseRows {
        var offsets = [0]
        for row in rows { offsets.append(offsets.last! + row.count) }
        return SparseRows(columns: items, offsets: offsets, indices: rows.flatMap { $0.map(Int32.init) })
    }

    /// Our values under the names of theirs.
    private static func ours(_ world: World) throws -> [String: Double] {
        let (lists, truth) = (ranked(world.lists), rows(world.truth))
        let popularity = world.popularity.map(Int32.init)
        let metrics = try evaluate(name: "m", lists: lists, truth: truth, ks: [k], itemCount: items, bootstrapSeed: 1)
        let whole = try evaluate(
            name: "m", lists: ranked(world.whole), truth: truth, ks: [items], itemCount: items, bootstrapSeed: 1)
        let tally = ItemTally(lists: lists, truth: truth, k: k, itemCount: items)
        let space = ItemSpace(
            Matrix(rows: items, columns: 8, values: world.vectors.flatMap { $0.map(Float.init) }))
        let first = rows(world.truth.map { [$0[0]] })
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let probabilities = try SampledProbabilityMetrics(
            probabilities: world.probabilities.map(Float.init), labels: world.labels.map { $0 == 1 })
        let errors = try RatingErrors(predicted: world.guesses, actual: world.ratings)
        let total = Float(popularity.reduce(0, +))
        let overlaps = lists.overlaps(with: ranked(world.others), k: k).dropFirst().compactMap { $0 }
        var values: [String: Double] = [
            "reclist hit-rate": metrics.value("hit-rate@10")!, "reclist mrr": metrics.value("mrr@10")!,
            "reclist precision": metrics.value("precision@10")!, "reclist recall": metrics.value("recall@10")!,
            "reclist coverage": tally.coverage(itemCount: items),
            "reclist popularity-bias": tally.mean(of: popularity.map { Float($0) / total }),
            "reclist less-wrong": mean(space.missDistances(lists, truth: first, k: k)),
            "reclist price-homogeneity": mean(
                PriceHomogeneity.distances(lists, truth: first, prices: world.prices)),
            "reclist perturbation": mean(overlaps),
            "recmetrics novelty": tally.novelty(popularity: popularity, users: 401),
            "recmetrics prediction-coverage": metrics.value("coverage@10")!,
            "recmetrics catalog-coverage": tally.coverage(itemCount: items),
            // Nobody chose more than a list holds, so that both divide by what was chosen.
            "recmetrics mark": metrics.value("map@10")!, "recmetrics personalization": tally.personalization,
            "recmetrics intra-list-similarity": space.intraListSimilarity(lists, k: k),
            "recmetrics precision": metrics.value("precision@10")!, "recmetrics recall": metrics.value("recall@10")!,
            "recmetrics mse": errors.mse, "recmetrics rmse": errors.rmse,
            "sklearn ndcg": metrics.value("ndcg@10")!, "sklearn average-precision": whole.value("map@\(items)")!,
            "sklearn auc": probabilities.aucSampled!, "sklearn log-loss": probabilities.logLossSampled,
            "sklearn mae": errors.mae,
        ]
        // Slices and the distribution of hits, from the report that users see.
        func report(_ metric: RankingMetric) throws -> BehaviourReport {
            var subject = BehaviourSubject(
                model: "m", lists: lists, truth: first, metric: metric, popularity: popularity, trainingUsers: 401,
                histories: nil, excludesSeen: false)
            subject.userSlices = [
                Slicing("third", labels: ["0", "1", "2"], codes: world.slices.map(Int32.init))
            ]
            subject.itemSlices = [.decades("popularity", of: popularity)]
            return try BehaviourReport(
                title: "t", subject: subject, facts: ProtocolFacts(), configuration: BehaviourConfiguration(), seed: 1)
        }
        let found = try report(RankingMetric(.hitRate, at: k))
        for slice in found.slices where !slice.isOfItems {
            values["reclist hits-by-slice \(slice.slice)"] = slice.value.value
        }
        for slice in found.slices where slice.isOfItems {
            let end = Int(slice.slice.split(separator: " ").last!)! + 1
            values["reclist hits-distribution \(end)"] = slice.value.value
        }
        let top = try report(RankingMetric(.hitRate, at: 1))
        let accuracy = try evaluate(
            name: "m", lists: lists, truth: first, ks: [1], itemCount: items, bootstrapSeed: 1
        ).value("hit-rate@1")!
        values["reclist slice-deviation"] = top.slices.filter { !$0.isOfItems }.deviation(from: accuracy)
        return values
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: MetricsPython.path),
            "run 'scripts/venv metrics' for this test"))
    func everySharedValueIsTheirs() throws {
        let world = World()
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-metrics-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(world.json.description, to: "\(folder)/world.json")
        let process = Process()
        process.executableURL = URL(filePath: MetricsPython.path)
        process.arguments = [
            FileManager.default.currentDirectoryPath + "/scripts/compare-metrics", "\(folder)/world.json",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let theirs = try #require(try JSONValue(parsing: printed).object)
        let ours = try Self.ours(world)
        for (name, value) in theirs {
            let value = try #require(value.number, "\(name)")
            // Bins in which nobody is are 0 there, and are not there here.
            let found = ours[name] ?? (name.contains("distribution") && value == 0 ? 0 : nil)
            let tolerance = name.hasPrefix("recmetrics") && name.contains("c") ? 5.1e-5 : 2e-6
            #expect(abs(try #require(found, "\(name)") - value) <= tolerance, "\(name): \(found!) here, \(value) there")
        }
        #expect(Set(ours.keys).isSubset(of: theirs.keys))
    }
}

/// The interpreter that has the peers.
enum MetricsPython {
    static let path = FileManager.default.currentDirectoryPath + "/.venv/metrics/bin/python"
}
