import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The planted truth: everything that a configuration and its seed determine before the first purchase is drawn.
final class World: Sendable {
    let configuration: GeneratorConfiguration
    let calendar: Calendar
    let styles: Styles
    let articles: Articles
    let customers: Customers
    /// The popularity of each style: the mean of its weight in the shoppers' tastes, by their activity.
    let stylePopularity: [Float]
    /// Visits a week of a shopper of activity 1 in a week of traffic 1.
    let visitRate: Double
    /// Articles per visit, in the mean.
    let basketSize: Double
    /// Purchases drawn, of which exactly `transactions` are kept.
    let drawnCount: Int
    let threads: Int

    init(_ configuration: GeneratorConfiguration, threads: Int, progress: any ProgressReporting) throws {
        try configuration.check()
        self.configuration = configuration
        self.threads = threads
        progress.begin("make the shop")
        let calendar = Calendar(weeks: configuration.weeks)
        self.calendar = calendar
        styles = Styles(configuration)
        articles = Articles(configuration, styles: styles)
        let customers = Customers(configuration, styles: styles, threads: threads)
        self.customers = customers

        var popularity = [Double](repeating: 0, count: styles.all.count)
        for place in 0..<configuration.users * Customers.tasteCount {
            let weight = customers.tasteWeights[place] * customers.activity[place / Customers.tasteCount]
            popularity[Int(customers.tastes[place])] += Double(weight)
        }
        let total = popularity.reduce(0, +)
        stylePopularity = popularity.map { Float($0 / total) }

        // Visits are a Poisson process beside the first visit of each customer, baskets geometric. The rate aims three
        // deviations above the number asked for; what is too much is left out, evenly, when rows are written.
        let (users, wanted) = (Double(configuration.users), Double(configuration.transactions))
        let basketSize = min(configuration.preferences.basketSize, max(1, wanted / users / 2))
        var traffic = (0..<configuration.weeks).map { Double(calendar.traffic(week: $0)) }
        for week in stride(from: configuration.weeks - 2, through: 0, by: -1) { traffic[week] += traffic[week + 1] }
        var exposure = 0.0
        for user in 0..<configuration.users {
            exposure += Double(customers.activity[user]) * traffic[Int(customers.join[user])]
        }
        let variance =
            max(0, wanted / basketSize - users) * (2 * basketSize * basketSize - basketSize)
            + users * (basketSize * basketSize - basketSize)
        self.basketSize = basketSize
        var margin = 0.0
        var rate = 0.0
        var drawn = 0
        repeat {
            margin += 3
            let aim = wanted == users ? wanted : wanted + margin * variance.squareRoot() + margin
            rate = max(0, (aim / basketSize - users) / exposure)
            drawn = World.count(configuration, customers, calendar, rate, basketSize, threads)
        } while drawn < configuration.transactions
        visitRate = rate
        drawnCount = drawn
        progress.end("make the shop", summary: "\(styles.all.count) styles")
    }

    private static func count(
        _ configuration: GeneratorConfiguration, _ customers: Customers, _ calendar: Calendar, _ rate: Double,
        _ basketSize: Double, _ threads: Int
    ) -> Int {
        let chunk = 8192
        let chunks = (configuration.users + chunk - 1) / chunk
        let counts = SharedArray(repeating: 0, count: chunks)
        let visits = Visits(
            seed: configuration.seed, rate: rate, basketSize: basketSize,
            traffic: (0..<configuration.weeks).map { calendar.traffic(week: $0) })
        inParallel(chunks, threads: threads) { part in
            var sum = 0
            for user in part * chunk..<min(configuration.users, (part + 1) * chunk) {
                let (activity, join) = (Double(customers.activity[user]), Int(customers.join[user]))
                for week in join..<configuration.weeks {
                    var (number, stream) = visits.draw(user, week: week, activity: activity, isFirst: week == join)
                    while number > 0 {
                        sum += visits.basket(&stream)
                        number -= 1
                    }
                }
            }
            counts[part] = sum
        }
        return counts.values.reduce(0, +)
    }

    /// How visits are drawn in this world.
    var visits: Visits {
        Visits(
            seed: configuration.seed, rate: visitRate, basketSize: basketSize,
            traffic: (0..<configuration.weeks).map { calendar.traffic(week: $0) })
    }
}

/// Draws how often a shopper comes in a week, and how much goes into each basket.
struct Visits: Sendable {
    let seed: UInt64
    let rate: Double
    let basketSize: Double
    let traffic: [Double]
    /// `log(1 − 1/basketSize)`, for the inversion of the geometric distribution.
    private let logRest: Double

    init(seed: UInt64, rate: Double, basketSize: Double, traffic: [Double]) {
        self.seed = seed
        self.rate = rate
        self.basketSize = basketSize
        self.traffic = traffic
        logRest = basketSize > 1 ? log(1 - 1 / basketSize) : -.infinity
    }

    /// The expected number of visits in a week, besides the certain first one.
    @inline(__always)
    func expected(week: Int, activity: Double) -> Double { rate * activity * traffic[week] }

    /// The number of visits of a shopper in a week, and the stream to go on drawing from.
    @inline(__always)
    func draw(_ user: Int, week: Int, activity: Double, isFirst: Bool) -> (Int, Stream) {
        var stream = Stream(seed: seed, user, week)
        let mean = expected(week: week, activity: activity)
        let point = stream.uniform()
        var number = isFirst ? 1 : 0
        // P(none) = e^−mean ≥ 1 − mean: nearly all shoppers stay at home without an exponential.
        if point > 1 - mean {
            var mass = exp(-mean)
            var sum = mass
            var step = 0.0
            while point > sum && step < 200 {
                step += 1
                mass *= mean / step
                sum += mass
                number += 1
            }
        }
        return (number, stream)
    }

    /// The number of articles in a basket: geometric with mean `basketSize`.
    @inline(__always)
    func basket(_ stream: inout Stream) -> Int {
        if basketSize <= 1 { return 1 }
        return 1 + Int(log(1 - stream.uniform()) / logRest)
    }

    /// The probability that a basket holds nothing of what has the complement's probability `rest` per article: the
    /// generating function of the basket's size, `G(s) = s / (m − (m − 1) s)`.
    func miss(_ rest: Double) -> Double { rest / (basketSize - (basketSize - 1) * rest) }
}
