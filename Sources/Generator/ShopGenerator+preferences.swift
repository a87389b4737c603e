import Core

extension ShopGenerator {
    /// What some users of the shop most want of its best-selling articles, as the planted truth has it.
    ///
    /// - Parameters:
    ///   - sample: how many users who had joined before the last four weeks, evenly spread.
    ///   - articles: how many of the articles that sold most in the four weeks before those.
    /// - Returns: for each user the probability of buying each of the articles in the last four weeks, the best-selling
    ///   article first.
    /// - Throws: `invalidConfiguration` if the shop is open for too few weeks, `invalidData` if nobody had joined.
    /// - Complexity: that of generating the shop, and O(sample · articles)
    package func purchaseProbabilities(sample: Int, articles: Int) throws -> [[Double]] {
        guard configuration.weeks > 8 else {
            throw MartletError(
                .invalidConfiguration, "the shop must be open for more than 8 weeks, found \(configuration.weeks)")
        }
        let world = try World(configuration, threads: threads, progress: SilentProgress())
        let split = configuration.weeks - 4
        let simulation = Simulation(world)
        var counts = [Int](repeating: 0, count: configuration.items)
        for number in 0..<split {
            let rows = simulation.purchases(Week(number, world))
            if number >= split - 4 { for row in rows { counts[Int(row.item)] += 1 } }
        }
        _ = simulation.purchases(Week(split, world))
        let foresight = Foresight(
            world, weeks: (split..<configuration.weeks).map { Week($0, world) }, frozen: simulation.frozen,
            frozenCount: simulation.frozenCount)
        let known = (0..<configuration.users).filter { Int(world.customers.join[$0]) < split }
        guard !known.isEmpty else { throw MartletError(.invalidData, "no user joined before the last four weeks") }
        let popular = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(articles)
        let chosen = min(sample, known.count)
        return (0..<chosen).map { place in
            popular.map { foresight.purchaseProbability(user: known[place * known.count / chosen], item: $0) }
        }
    }
}
