import Synchronization

/// One purchase.
struct Purchase: BitwiseCopyable, Sendable {
    var user: Int32
    var item: Int32
    /// The day of the week's seven.
    var day: UInt8
    /// 1 in a shop, 2 online.
    var channel: UInt8
}

/// Draws the shop's purchases week by week. Memory holds the customers and one week.
///
/// Every shopper has a stream of random numbers for every week, so that the purchases do not depend on the number of
/// threads, or on where the work is cut.
final class Simulation {
    /// How many articles of a shopper's history can be bought again.
    static let historyLength = 8
    /// The history that counts is that of the beginning of the current four weeks, counted back from the last day.
    static let periodWeeks = 4

    private let world: World
    private let recent: SharedArray<Int32>
    private let recentCount: SharedArray<Int32>
    /// The articles that can be bought again in the current period: `[users × 8]`.
    let frozen: SharedArray<Int32>
    /// How many of them there are.
    let frozenCount: SharedArray<UInt8>
    private var drawn = 0

    init(_ world: World) {
        self.world = world
        let users = world.configuration.users
        recent = SharedArray(repeating: -1, count: users * Simulation.historyLength)
        frozen = SharedArray(repeating: -1, count: users * Simulation.historyLength)
        recentCount = SharedArray(repeating: 0, count: users)
        frozenCount = SharedArray(repeating: 0, count: users)
    }

    /// Draws the purchases of a week, in order of day and customer. Weeks must be asked for one after the other.
    func purchases(_ week: Week) -> [Purchase] {
        let (users, chunk) = (world.configuration.users, 8192)
        let chunks = (users + chunk - 1) / chunk
        let parts = Mutex([[Purchase]](repeating: [], count: chunks))
        let draw = WeekDraw(
            world: world, week: week, visits: world.visits, recent: recent, recentCount: recentCount, frozen: frozen,
            frozenCount: frozenCount)
        inParallel(chunks, threads: world.threads) { part in
            let rows = draw.rows(of: part * chunk..<min(users, (part + 1) * chunk))
            parts.withLock { $0[part] = rows }
        }
        return sorted(parts.withLock { $0 })
    }

    /// Joins the chunks by day, leaving out the evenly spread rows that are too many.
    private func sorted(_ parts: [[Purchase]]) -> [Purchase] {
        var starts = [Int](repeating: 0, count: 8)
        for part in parts { for row in part { starts[Int(row.day) + 1] += 1 } }
        for day in 0..<7 { starts[day + 1] += starts[day] }
        let count = starts[7]
        let byDay = [Purchase](unsafeUninitializedCapacity: count) { buffer, initialized in
            for part in parts {
                for row in part {
                    buffer[starts[Int(row.day)]] = row
                    starts[Int(row.day)] += 1
                }
            }
            initialized = count
        }
        let surplus = world.drawnCount - world.configuration.transactions
        let before = drawn
        drawn += count
        if surplus == 0 { return byDay }
        var kept: [Purchase] = []
        kept.reserveCapacity(count)
        var quota = before * surplus / world.drawnCount
        for (index, row) in byDay.enumerated() {
            let next = (before + index + 1) * surplus / world.drawnCount
            if next == quota { kept.append(row) }
            quota = next
        }
        return kept
    }
}

/// Draws the purchases of some shoppers in one week.
private struct WeekDraw: Sendable {
    let world: World
    let week: Week
    let visits: Visits
    let recent: SharedArray<Int32>
    let recentCount: SharedArray<Int32>
    let frozen: SharedArray<Int32>
    let frozenCount: SharedArray<UInt8>

    func rows(of users: Range<Int>) -> [Purchase] {
        let customers = world.customers
        let isPeriodStart = (world.configuration.weeks - week.number) % Simulation.periodWeeks == 0
        var rows: [Purchase] = []
        for user in users {
            let join = Int(customers.join[user])
            if week.number < join { continue }
            if isPeriodStart { freeze(user) }
            var (number, stream) = visits.draw(
                user, week: week.number, activity: Double(customers.activity[user]), isFirst: week.number == join)
            if number == 0 { continue }
            append(user, visits: &number, &stream, to: &rows)
        }
        return rows
    }

    private func freeze(_ user: Int) {
        let length = Simulation.historyLength
        frozenCount[user] = UInt8(min(Int(recentCount[user]), length))
        for place in user * length..<(user + 1) * length { frozen[place] = recent[place] }
    }

    private func append(_ user: Int, visits number: inout Int, _ stream: inout Stream, to rows: inout [Purchase]) {
        let customers = world.customers
        var sizes = 0
        // All baskets are drawn first: so the counting of a world's purchases draws the same ones.
        let begin = rows.count
        var basket: UInt8 = 0
        while number > 0 {
            let size = visits.basket(&stream)
            for _ in 0..<size { rows.append(Purchase(user: Int32(user), item: 0, day: basket, channel: 0)) }
            sizes += size
            basket &+= 1
            number -= 1
        }
        let taste = Taste(user, week, world)
        let known = Int(frozenCount[user])
        let repeatShare = known == 0 ? 0 : Double(customers.repeatShare[user])
        let exploration = world.configuration.preferences.explorationShare
        let length = Simulation.historyLength
        let band = Int(customers.band[user])
        var last = -1
        var day: UInt8 = 0
        var channel: UInt8 = 1
        for row in begin..<begin + sizes {
            if Int(rows[row].day) != last {
                last = Int(rows[row].day)
                let point = stream.word() >> 56
                day = UInt8(Calendar.dayShares.firstIndex { $0 > point }!)
                channel = UInt8(truncatingIfNeeded: stream.word() >> 56) < customers.online[user] ? 2 : 1
            }
            let item: Int
            if stream.uniform() < repeatShare {
                item = Int(frozen[user * length + stream.index(below: known)])
            } else {
                let style = stream.uniform() < exploration ? week.drawStyle(&stream) : taste.draw(&stream)
                item = week.drawItem(style: style, band: band, &stream)
            }
            rows[row].item = Int32(item)
            rows[row].day = day
            rows[row].channel = channel
            recent[user * length + Int(recentCount[user]) % length] = Int32(item)
            recentCount[user] += 1
        }
    }
}

/// `θ(c | u, t)`: a shopper's tastes in one week.
struct Taste {
    /// The styles and the probability of each; a style may stand twice.
    var styles: (Int, Int, Int, Int)
    var shares: (Float, Float, Float, Float)

    @inline(__always)
    init(_ user: Int, _ week: Week, _ world: World) {
        let (tastes, weights, place) = (world.customers.tastes, world.customers.tasteWeights, user * 4)
        styles = (Int(tastes[place]), Int(tastes[place + 1]), Int(tastes[place + 2]), Int(tastes[place + 3]))
        let a = weights[place] * week.moment[styles.0]
        let b = weights[place + 1] * week.moment[styles.1]
        let c = weights[place + 2] * week.moment[styles.2]
        let d = weights[place + 3] * week.moment[styles.3]
        let sum = a + b + c + d
        shares = (a / sum, b / sum, c / sum, d / sum)
    }

    @inline(__always)
    func draw(_ stream: inout Stream) -> Int {
        let point = Float(stream.uniform())
        if point < shares.0 { return styles.0 }
        if point < shares.0 + shares.1 { return styles.1 }
        return point < shares.0 + shares.1 + shares.2 ? styles.2 : styles.3
    }

    /// The probability of a style.
    func share(of style: Int) -> Double {
        var sum: Float = 0
        if styles.0 == style { sum += shares.0 }
        if styles.1 == style { sum += shares.1 }
        if styles.2 == style { sum += shares.2 }
        if styles.3 == style { sum += shares.3 }
        return Double(sum)
    }
}
