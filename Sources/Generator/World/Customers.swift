import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The customers: about 60 bytes each.
final class Customers: Sendable {
    /// How many styles a shopper has a taste for.
    static let tasteCount = 4

    let count: Int
    /// Visits a week, relative: the mean over all is about 1.
    let activity: SharedArray<Float>
    /// The week of the first purchase.
    let join: SharedArray<Int16>
    /// The price tier that the shopper likes most.
    let band: SharedArray<UInt8>
    /// The share of repeat purchases.
    let repeatShare: SharedArray<Float>
    /// The share of purchases made online, in 255ths.
    let online: SharedArray<UInt8>
    let age: SharedArray<UInt8>
    /// The region, which shows a little of two latent factors.
    let region: SharedArray<UInt8>
    /// `tasteCount` styles a shopper, and their weights, which sum to 1.
    let tastes: SharedArray<Int32>
    let tasteWeights: SharedArray<Float>
    private let seed: UInt64

    init(_ configuration: GeneratorConfiguration, styles: Styles, threads: Int) {
        let count = configuration.users
        self.count = count
        seed = configuration.seed
        activity = SharedArray(repeating: 0, count: count)
        join = SharedArray(repeating: 0, count: count)
        band = SharedArray(repeating: 0, count: count)
        repeatShare = SharedArray(repeating: 0, count: count)
        online = SharedArray(repeating: 0, count: count)
        age = SharedArray(repeating: 0, count: count)
        region = SharedArray(repeating: 0, count: count)
        tastes = SharedArray(repeating: 0, count: count * Customers.tasteCount)
        tasteWeights = SharedArray(repeating: 0, count: count * Customers.tasteCount)
        let chunk = 4096
        inParallel((count + chunk - 1) / chunk, threads: threads) { part in
            var sampler = TasteSampler(styles, sharpness: configuration.preferences.tasteSharpness)
            for user in part * chunk..<min(count, (part + 1) * chunk) {
                self.make(user, configuration, &sampler)
            }
        }
    }

    private func make(_ user: Int, _ configuration: GeneratorConfiguration, _ sampler: inout TasteSampler) {
        let preferences = configuration.preferences
        var random = RandomSource(seed: configuration.seed, stream: 1_000_003 &+ UInt64(user))
        let gender = random.uniform() < 0.72 ? -1.0 : 1.0
        // Two humps, as fashion shops have: students, and parents.
        let isYoung = random.uniform() < 0.6
        let years = isYoung ? 25 + 5 * random.normal() : 45 + 8 * random.normal()
        age[user] = UInt8(max(16, min(90, years.rounded())))
        let place = random.index(below: 64)
        region[user] = UInt8(place)
        var factors = [gender, (years - 35) / 10]
        factors.append(0.8 * random.normal() + Double(place % 8 - 4) / 5)
        factors.append(0.8 * random.normal() + Double(place / 8 - 4) / 5)
        while factors.count < Style.factorCount { factors.append(random.normal()) }
        sampler.draw(factors, into: self, user: user, &random)

        let spread = preferences.activitySpread
        activity[user] = Float(exp(spread * random.normal() - spread * spread / 2))
        let joinsLater = random.uniform() < preferences.newUserShare
        let week = random.index(below: configuration.weeks)
        // Those who shopped before the first day show up in its first weeks.
        join[user] = Int16(joinsLater ? week : week % min(8, configuration.weeks))
        let bandDraw = random.uniform()
        band[user] = bandDraw < 0.4 ? 0 : bandDraw < 0.8 ? 1 : 2
        repeatShare[user] = Float(2 * preferences.repeatShare * random.uniform())
        let share = random.uniform() < 0.7 ? 0.9 : 0.15
        online[user] = UInt8(255 * share)
    }

    /// The 32 bytes that `customer_id` writes as 64 hexadecimal digits; ascending with the customer's number.
    @inline(__always)
    func identity(_ user: Int) -> (UInt64, UInt64, UInt64, UInt64) {
        var stream = Stream(seed: seed, 7, user)
        let step = UInt64.max / UInt64(count)
        let first = UInt64(user) * step + stream.word() % step
        return (first, stream.word(), stream.word(), stream.word())
    }
}
