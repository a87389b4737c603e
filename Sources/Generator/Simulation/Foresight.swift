#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What someone who knows the planted truth can say about a window of weeks to come, at its beginning.
///
/// Visits are a Poisson process and baskets geometric, so the probability that shopper `u` buys article `i` at least
/// once is `1 − Π_t exp(−λ(u, t) · (1 − G(1 − P(i | u, t))))` over the weeks `t` of the window: exact as long as the
/// window lies within one period of frozen histories (four weeks), and otherwise with the history of its beginning.
struct Foresight {
    private let world: World
    private let weeks: [Week]
    private let visits: Visits
    private let frozen: SharedArray<Int32>
    private let frozenCount: SharedArray<UInt8>
    /// For each price band, all articles in order of what they sell to those with no taste for them.
    private let popular: [[Int32]]

    init(_ world: World, weeks: [Week], frozen: SharedArray<Int32>, frozenCount: SharedArray<UInt8>) {
        self.world = world
        self.weeks = weeks
        self.frozen = frozen
        self.frozenCount = frozenCount
        visits = world.visits
        popular = (0..<3).map { band in
            var score = [Double](repeating: 0, count: world.articles.count)
            for week in weeks {
                let traffic = world.calendar.traffic(week: week.number)
                for item in score.indices {
                    let style = Int(world.articles.style[item])
                    score[item] += traffic * week.popularity(style: style) * week.share(item: item, band: band)
                }
            }
            return score.indices.sorted { (score[$1], $0) < (score[$0], $1) }.map(Int32.init)
        }
    }

    /// `P(i | u, t)`.
    func probability(user: Int, item: Int, week: Week) -> Double {
        let customers = world.customers
        let style = Int(world.articles.style[item])
        let exploration = world.configuration.preferences.explorationShare
        let known = Int(frozenCount[user])
        let repeatShare = known == 0 ? 0 : Double(customers.repeatShare[user])
        var again = 0.0
        if known > 0 {
            let place = user * Simulation.historyLength
            for index in 0..<known where Int(frozen[place + index]) == item { again += 1 / Double(known) }
        }
        let taste = Taste(user, week, world).share(of: style)
        let fresh = (1 - exploration) * taste + exploration * week.popularity(style: style)
        return repeatShare * again + (1 - repeatShare) * fresh * week.share(item: item, band: Int(customers.band[user]))
    }

    /// The probability that the shopper buys the article in the window.
    func purchaseProbability(user: Int, item: Int) -> Double {
        let (join, activity) = (Int(world.customers.join[user]), Double(world.customers.activity[user]))
        var missed = 1.0
        for week in weeks where week.number >= join {
            let miss = visits.miss(1 - probability(user: user, item: item, week: week))
            missed *= exp(-visits.expected(week: week.number, activity: activity) * (1 - miss))
            if week.number == join { missed *= miss }
        }
        return 1 - missed
    }

    /// The `k` articles that the shopper most probably buys in the window, the most probable first.
    ///
    /// Candidates are the articles of the shopper's styles and history, and the first `k` of all others: among those
    /// the order is the same for everyone in a price band.
    func best(_ k: Int, user: Int) -> [Int32] {
        var candidates: Set<Int32> = []
        let styles = (0..<Customers.tasteCount).map { Int(world.customers.tastes[user * Customers.tasteCount + $0]) }
        for style in styles {
            for item in world.articles.offsets[style]..<world.articles.offsets[style + 1] {
                candidates.insert(Int32(item))
            }
        }
        for place in 0..<Int(frozenCount[user]) {
            candidates.insert(frozen[user * Simulation.historyLength + place])
        }
        var others = 0
        for item in popular[Int(world.customers.band[user])] where others < k {
            if candidates.insert(item).inserted { others += 1 }
        }
        let scored = candidates.map { ($0, purchaseProbability(user: user, item: Int($0))) }
        return scored.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(k).map(\.0)
    }
}
