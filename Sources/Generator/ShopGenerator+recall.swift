import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ShopGenerator {
    /// How well the last days of the generated shop in `folder` can be foretold; see ``bestRecall(k:testDays:sample:progress:)``.
    ///
    /// - Throws: `notFound` or `invalidData` if there is no generated shop in the folder.
    public static func bestRecall(
        folder: String, k: Int = 12, testDays: Int = 28, sample: Int = 20_000, threads: Int? = nil,
        progress: any ProgressReporting = SilentProgress()
    ) throws -> PlantedRecall {
        let truth = try Truth(folder: folder)
        return try ShopGenerator(configuration: truth.configuration, threads: threads)
            .bestRecall(k: k, testDays: testDays, sample: sample, progress: progress)
    }

    /// How well the last days of the shop can be foretold by someone who knows every preference, and by popularity.
    ///
    /// The purchases are drawn again from the seed. For each user who buys in the window, all articles are ranked by
    /// the true probability that the user buys them in the window, given tastes, prices, seasons, fashions, and what
    /// the user had bought before.
    ///
    /// - Parameters:
    ///   - k: the length of the lists.
    ///   - testDays: the length of the window in days; whole weeks. Up to 28 the probabilities are exact; beyond, what
    ///     is bought in the window's first weeks and bought again in its later ones is left out.
    ///   - sample: how many test users are looked at, evenly spread; all if there are no more.
    ///   - progress: where to say how far the work is.
    /// - Throws: `invalidConfiguration` if the window is no number of whole weeks or as long as the shop is open.
    /// - Complexity: that of generating the shop, and O(sample · articles of five styles).
    public func bestRecall(
        k: Int = 12, testDays: Int = 28, sample: Int = 20_000, progress: any ProgressReporting = SilentProgress()
    ) throws -> PlantedRecall {
        let testWeeks = testDays / 7
        guard testDays % 7 == 0, testWeeks > 0, testWeeks < configuration.weeks else {
            throw MartletError(
                .invalidConfiguration,
                "the test window must be whole weeks and shorter than the shop, found \(testDays) days",
                hint: "use 7, 14, 21 or 28 days")
        }
        precondition(k > 0 && sample > 0, "lists and samples hold something")
        let world = try World(configuration, threads: threads, progress: progress)
        let split = configuration.weeks - testWeeks
        let task = "best possible recall"
        progress.begin(task)
        let simulation = Simulation(world)
        var counts = [Int](repeating: 0, count: configuration.items)
        var bought: [Int32: Set<Int32>] = [:]
        var foresight: Foresight?
        for number in 0..<configuration.weeks {
            let week = Week(number, world)
            let rows = simulation.purchases(week)
            if number < split {
                if number >= split - 4 { for row in rows { counts[Int(row.item)] += 1 } }
            } else {
                if number == split {
                    // The histories as they stood when the window's first period began; later ones hold the future.
                    foresight = Foresight(
                        world, weeks: (split..<configuration.weeks).map { Week($0, world) },
                        frozen: copy(simulation.frozen), frozenCount: copy(simulation.frozenCount))
                }
                for row in rows { bought[row.user, default: []].insert(row.item) }
            }
            progress.update(task, done: number + 1, total: configuration.weeks, unit: "weeks", note: "")
        }
        let users = bought.keys.sorted()
        let chosen = min(sample, users.count)
        guard let foresight, chosen > 0 else {
            throw MartletError(
                .invalidData, "nobody buys anything in the last \(testDays) days", hint: "generate more transactions")
        }
        let popular = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(k).map(Int32.init)
        let recalls = SharedArray(repeating: (best: 0.0, popularity: 0.0, ndcg: 0.0), count: chosen)
        let truth = bought
        inParallel(chosen, threads: threads) { index in
            let user = users[index * users.count / chosen]
            let items = truth[user]!
            let list = foresight.best(k, user: Int(user))
            let best = list.count { items.contains($0) }
            let gain = list.indices.reduce(0.0) { $0 + (items.contains(list[$1]) ? Self.gain(at: $1) : 0) }
            let most = (0..<min(k, items.count)).reduce(0.0) { $0 + Self.gain(at: $1) }
            let common = popular.count { items.contains($0) }
            recalls[index] = (Double(best) / Double(items.count), Double(common) / Double(items.count), gain / most)
        }
        let best = recalls.values.reduce(0) { $0 + $1.best } / Double(chosen)
        let popularity = recalls.values.reduce(0) { $0 + $1.popularity } / Double(chosen)
        let ndcg = recalls.values.reduce(0) { $0 + $1.ndcg } / Double(chosen)
        progress.end(task, summary: "Recall@\(k) of \(chosen) users")
        return PlantedRecall(
            k: k, testDays: testDays, best: best, popularity: popularity, bestNDCG: ndcg, users: chosen)
    }

    /// What a relevant item at a place, counted from 0, adds to a list's discounted gain.
    private static func gain(at place: Int) -> Double { 1 / log2(Double(place + 2)) }

    private func copy<Element>(_ array: SharedArray<Element>) -> SharedArray<Element> {
        let copy = SharedArray(repeating: array[0], count: array.values.count)
        _ = copy.values.update(fromContentsOf: array.values)
        return copy
    }
}
