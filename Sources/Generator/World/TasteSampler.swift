import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws the styles that a shopper likes: first the section, then the style in it, each by a softmax over the inner
/// products of the shopper's latent factors and its own.
///
/// In a section of more than ``candidateCount`` styles the softmax is over that many, drawn evenly: so a customer
/// costs the same in a shop of any size.
struct TasteSampler {
    /// How many styles of a section a shopper chooses among.
    static let candidateCount = 12

    private let styles: Styles
    private let sharpness: Double
    private var sectionMass: [Double]
    private var styleMass = [Double](repeating: 0, count: TasteSampler.candidateCount)
    private var candidates = [Int](repeating: 0, count: TasteSampler.candidateCount)

    init(_ styles: Styles, sharpness: Double) {
        self.styles = styles
        self.sharpness = sharpness
        sectionMass = [Double](repeating: 0, count: styles.sectionShares.count)
    }

    /// Draws the tastes of a shopper with these latent factors (`[D]`).
    mutating func draw(_ factors: [Double], into customers: Customers, user: Int, _ random: inout RandomSource) {
        let place = user * Customers.tasteCount
        var total = 0.0
        for section in sectionMass.indices {
            if styles.sectionShares[section] > -.infinity {
                let fit = TasteSampler.product(factors, styles.sectionFactors, section)
                total += exp(styles.sectionShares[section] + sharpness * fit)
            }
            sectionMass[section] = total
        }
        // The first taste is the strongest; the shares vary from shopper to shopper.
        let weights = (
            0.42 * (0.6 + 0.8 * random.uniform()), 0.28 * (0.6 + 0.8 * random.uniform()),
            0.18 * (0.6 + 0.8 * random.uniform()), 0.12 * (0.6 + 0.8 * random.uniform())
        )
        let sum = weights.0 + weights.1 + weights.2 + weights.3
        customers.tasteWeights[place] = Float(weights.0 / sum)
        customers.tasteWeights[place + 1] = Float(weights.1 / sum)
        customers.tasteWeights[place + 2] = Float(weights.2 / sum)
        customers.tasteWeights[place + 3] = Float(weights.3 / sum)
        var found = 0
        var tries = 0
        while found < Customers.tasteCount {
            tries += 1
            let chosen = Int32(drawStyle(factors, total: total, &random))
            var isNew = true
            for earlier in 0..<found where customers.tastes[place + earlier] == chosen { isNew = false }
            // A shop with few styles may not have four that differ: then a taste may count twice.
            if isNew || tries > 40 {
                customers.tastes[place + found] = chosen
                found += 1
            }
        }
    }

    private mutating func drawStyle(_ factors: [Double], total: Double, _ random: inout RandomSource) -> Int {
        let target = random.uniform() * total
        var section = 0
        while section < sectionMass.count - 1 && sectionMass[section] <= target { section += 1 }
        let size = styles.ofSection[section].count
        let isSmall = size <= TasteSampler.candidateCount
        let count = isSmall ? size : TasteSampler.candidateCount
        var mass = 0.0
        for position in 0..<count {
            let style = styles.ofSection[section][isSmall ? position : random.index(below: size)]
            candidates[position] = style
            mass += exp(sharpness * 0.6 * TasteSampler.product(factors, styles.factors, style))
            styleMass[position] = mass
        }
        let point = random.uniform() * mass
        var position = 0
        while position < count - 1 && styleMass[position] <= point { position += 1 }
        return candidates[position]
    }

    /// The inner product of a shopper's factors and a row of a table of factors, scaled by `1/√D`.
    @inline(__always)
    private static func product(_ left: [Double], _ table: [Double], _ row: Int) -> Double {
        var sum = 0.0
        for index in 0..<Style.factorCount { sum += left[index] * table[row * Style.factorCount + index] }
        return sum / 2.8284271247461903
    }
}
