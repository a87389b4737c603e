import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A cluster of articles that the same shoppers like: one section, one kind of garment, one family of colours.
struct Style: Sendable {
    /// Positions in the taxonomy.
    var section: Int
    var garment: Int
    var family: Int
    var look: Int
    /// Period in weeks and phase of its rise and fall.
    var trendPeriod: Double
    var trendPhase: Double

    /// How many latent factors there are (`D`): gender, age, and six that only purchases show.
    static let factorCount = 8
}

/// All styles and their latent factors.
struct Styles: Sendable {
    var all: [Style] = []
    /// The latent factors of the sections, `[sections × D]`.
    var sectionFactors: [Double]
    /// What the latent factors of the styles add to those of their sections, `[styles × D]`.
    var factors: [Double] = []
    /// For each section, the styles in it.
    var ofSection: [[Int]]
    /// The logarithm of each section's share of purchases.
    var sectionShares: [Double]

    init(_ configuration: GeneratorConfiguration) {
        let preferences = configuration.preferences
        let count = max(1, min(configuration.items / preferences.itemsPerStyle, preferences.maximumStyles))
        var random = RandomSource(seed: configuration.seed, stream: 1)
        let sections = Taxonomy.sections
        sectionFactors = sections.flatMap { section in
            [1.2 * section.gender, (section.age - 35) / 8] + (2..<Style.factorCount).map { _ in 0.6 * random.normal() }
        }
        let familyFactors = Taxonomy.families.map { _ in (0..<Style.factorCount).map { _ in 0.5 * random.normal() } }
        let garmentFactors = Taxonomy.garments.map { _ in (0..<Style.factorCount).map { _ in 0.5 * random.normal() } }
        ofSection = sections.map { _ in [] }
        let total = sections.reduce(0) { $0 + $1.share }
        var quota = sections.map { _ in 0.0 }
        var isTaken: Set<Int> = []
        for index in 0..<count {
            // Each section gets its share of styles, the one furthest behind first.
            for section in sections.indices { quota[section] += sections[section].share / total }
            let section = quota.indices.max { quota[$0] < quota[$1] }!
            quota[section] -= 1
            var garment = 0
            var family = 0
            // Different styles of a section differ in garment or colour as long as there are combinations left.
            for _ in 0..<30 {
                garment = Styles.garment(for: section, &random)
                family = random.index(below: Taxonomy.families.count)
                if isTaken.insert((section * 100 + garment) * 100 + family).inserted { break }
            }
            factors += (0..<Style.factorCount).map {
                familyFactors[family][$0] + garmentFactors[garment][$0] + 0.5 * random.normal()
            }
            all.append(
                Style(
                    section: section, garment: garment, family: family, look: random.index(below: Taxonomy.looks.count),
                    trendPeriod: 30 + 70 * random.uniform(), trendPhase: random.uniform()))
            ofSection[section].append(index)
        }
        let inUse = ofSection
        sectionShares = sections.indices.map { inUse[$0].isEmpty ? -.infinity : log(sections[$0].share / total) }
    }

    /// How much a style sells in a week of the year and of its trend, as a factor around 1.
    func moment(_ style: Int, week: Int, dayOfYear: Double, _ preferences: ShopPreferences) -> Double {
        let garment = Taxonomy.garments[all[style].garment]
        let season = garment.season * cos(2 * .pi * (dayOfYear - garment.peakDay) / 365.25)
        let trend = sin(2 * .pi * (Double(week) / all[style].trendPeriod + all[style].trendPhase))
        return exp(preferences.seasonStrength * season + preferences.trendStrength * trend)
    }

    /// A kind of garment that a section sells.
    private static func garment(for section: Int, _ random: inout RandomSource) -> Int {
        let kinds = Taxonomy.garments.indices
        let name = Taxonomy.sections[section].name
        func named(_ group: String) -> Int { kinds.first { Taxonomy.garments[$0].groupName == group }! }
        if name.contains("Lingerie") { return named(random.uniform() < 0.7 ? "Under-, Nightwear" : "Socks and Tights") }
        if name.contains("Swimwear") { return named("Swimwear") }
        if name.contains("Shoes") { return named("Shoes") }
        if name.contains("accessories") { return named("Accessories") }
        if name.contains("Tailoring") && random.uniform() < 0.6 { return named("Dressed") }
        if name.contains("Basics") && random.uniform() < 0.6 { return named("Jersey Basic") }
        let isForMen = Taxonomy.sections[section].gender > 0.5
        while true {
            let kind = random.index(below: kinds.count)
            let group = Taxonomy.garments[kind].groupName
            if group == "Dressed" { continue }
            if isForMen && ["Dresses Ladies", "Blouses"].contains(group) { continue }
            return kind
        }
    }
}
