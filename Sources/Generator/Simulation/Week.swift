#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What is sold in one week, and how likely: the tables from which purchases are drawn, and probabilities read.
final class Week: Sendable {
    let number: Int
    private let world: World
    /// How much each style sells now, relative.
    let moment: SharedArray<Float>
    /// Cumulative popularity of the styles now.
    let styleMass: SharedArray<Float>
    /// For each price band, each article's cumulative mass within its style: `[3 × items]`.
    let mass: SharedArray<Float>
    /// The price of each article this week, in hundredths.
    let price: SharedArray<Int32>

    init(_ number: Int, _ world: World) {
        self.number = number
        self.world = world
        let (articles, styles) = (world.articles, world.styles)
        let count = articles.count
        moment = SharedArray(repeating: 0, count: styles.all.count)
        styleMass = SharedArray(repeating: 0, count: styles.all.count)
        mass = SharedArray(repeating: 0, count: 3 * count)
        price = SharedArray(repeating: 0, count: count)
        let (preferences, day) = (world.configuration.preferences, world.calendar.dayOfYear(week: number))
        var sum: Float = 0
        for style in styles.all.indices {
            moment[style] = Float(styles.moment(style, week: number, dayOfYear: day, preferences))
            sum += moment[style] * world.stylePopularity[style]
            styleMass[style] = sum
        }
        let affinity = (0..<3).map { distance in Float(exp(-preferences.priceSharpness * Double(distance))) }
        let (mass, price) = (mass, price)
        inParallel(styles.all.count, threads: world.threads) { style in
            var low: Float = 0
            var middle: Float = 0
            var high: Float = 0
            for item in articles.offsets[style]..<articles.offsets[style + 1] {
                let freshness = articles.freshness(item, week: number)
                let weight = articles.weight[item] * freshness
                let tier = Int(articles.tier[item])
                low += weight * affinity[tier]
                middle += weight * affinity[abs(tier - 1)]
                high += weight * affinity[2 - tier]
                mass[item] = low
                mass[count + item] = middle
                mass[2 * count + item] = high
                price[item] = articles.price(item, freshness: freshness)
            }
        }
    }

    /// Draws an article of a style for a price band.
    @inline(__always)
    func drawItem(style: Int, band: Int, _ stream: inout Stream) -> Int {
        let (first, end) = (world.articles.offsets[style], world.articles.offsets[style + 1])
        let base = band * world.articles.count
        let point = Float(stream.uniform()) * mass[base + end - 1]
        return Week.search(mass.values, base + first, base + end - 1, point) - base
    }

    /// Draws a style by popularity.
    @inline(__always)
    func drawStyle(_ stream: inout Stream) -> Int {
        let last = styleMass.values.count - 1
        return Week.search(styleMass.values, 0, last, Float(stream.uniform()) * styleMass[last])
    }

    /// The first place in `low ... high` whose cumulative mass exceeds `point`.
    @inline(__always)
    private static func search(
        _ masses: UnsafeMutableBufferPointer<Float>, _ low: Int, _ high: Int, _ point: Float
    ) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low + high) / 2
            if masses[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: - Probabilities

    /// `Q(i | c, b, t)`: the probability of an article given its style and the shopper's price band.
    func share(item: Int, band: Int) -> Double {
        let style = Int(world.articles.style[item])
        let (first, end) = (world.articles.offsets[style], world.articles.offsets[style + 1])
        let base = band * world.articles.count
        let before = item == first ? 0 : mass[base + item - 1]
        return Double(mass[base + item] - before) / Double(mass[base + end - 1])
    }

    /// `π(c | t)`: the popularity of a style.
    func popularity(style: Int) -> Double {
        let total = styleMass[styleMass.values.count - 1]
        return Double(moment[style] * world.stylePopularity[style]) / Double(total)
    }
}
