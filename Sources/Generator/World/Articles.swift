import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The articles, numbered so that those of a style stand together.
struct Articles: Sendable {
    /// `styles + 1` bounds: style `c` has articles `offsets[c] ..< offsets[c + 1]`.
    var offsets: [Int] = []
    /// The style of each article.
    var style: [Int32] = []
    /// Popularity within the style by Zipf's law.
    var weight: [Float] = []
    /// The week in which it is first sold; negative: before the shop's first day.
    var launch: [Float] = []
    /// Weeks until it has faded to 37 %; infinite for a basic.
    var lifetime: [Float] = []
    /// The price tier: 0 low, 1 middle, 2 high.
    var tier: [UInt8] = []
    /// The full price in hundredths.
    var price: [Int32] = []
    /// Positions of product type, shade and look in the taxonomy.
    var type: [UInt8] = []
    var family: [UInt8] = []
    var shade: [UInt8] = []
    var look: [UInt8] = []
    /// The `article_id` as a number; newer articles have higher ones.
    var number: [Int64] = []

    /// What is left of a faded article's sales.
    static let floor: Float = 0.02

    var count: Int { style.count }

    init(_ configuration: GeneratorConfiguration, styles: Styles) {
        let preferences = configuration.preferences
        var random = RandomSource(seed: configuration.seed, stream: 2)
        let (items, clusters) = (configuration.items, styles.all.count)
        for index in 0..<clusters {
            offsets.append(items * index / clusters)
            let size = items * (index + 1) / clusters - offsets[index]
            for rank in 0..<size {
                add(style: index, rank: rank, styles.all[index], preferences, weeks: configuration.weeks, &random)
            }
        }
        offsets.append(items)
        // Numbers ascend with the launch, a few apart; the last three digits are the colour variant's.
        let order = launch.indices.sorted { (launch[$0], $0) < (launch[$1], $1) }
        number = [Int64](repeating: 0, count: items)
        let step = max(1, 800_000 / items)
        for (position, item) in order.enumerated() {
            let product = 108_775 + position * step + random.index(below: step)
            number[item] = Int64(product * 1000 + 1 + random.index(below: 40))
        }
    }

    private mutating func add(
        style index: Int, rank: Int, _ cluster: Style, _ preferences: ShopPreferences, weeks: Int,
        _ random: inout RandomSource
    ) {
        style.append(Int32(index))
        weight.append(Float(pow(Double(rank + 1), -preferences.popularityExponent)))
        // The first of a style is a basic from the start: in every week there is something to buy.
        let isBasic = rank == 0 || random.uniform() < preferences.basicShare
        let life = preferences.lifetimeWeeks * (0.6 + 0.8 * random.uniform())
        let span = Double(weeks) + preferences.lifetimeWeeks
        let begin = random.uniform() * span - preferences.lifetimeWeeks
        launch.append(isBasic ? min(Float(begin), rank == 0 ? -1 : .infinity) : Float(begin))
        lifetime.append(isBasic ? .infinity : Float(life))
        let tierDraw = random.uniform()
        let tierOfItem = tierDraw < 0.4 ? 0 : tierDraw < 0.8 ? 1 : 2
        tier.append(UInt8(tierOfItem))
        let garment = Taxonomy.garments[cluster.garment]
        let factor = [0.6, 1, 1.8][tierOfItem] * (0.85 + 0.3 * random.uniform())
        price.append(Int32(max(1, (garment.price * factor / 100).rounded())) * 100 - 1)
        type.append(UInt8(random.index(below: garment.types.count)))
        let isOwnFamily = random.uniform() < 0.85
        let other = random.index(below: Taxonomy.families.count)
        family.append(UInt8(isOwnFamily ? cluster.family : other))
        shade.append(UInt8(random.index(below: Taxonomy.families[Int(family.last!)].shades.count)))
        let otherLook = random.index(below: Taxonomy.looks.count)
        look.append(UInt8(random.uniform() < 0.7 ? cluster.look : otherLook))
    }

    /// How much of an article's first sales is left in a week: 0 before its launch, then falling to the floor.
    func freshness(_ item: Int, week: Int) -> Float {
        let age = Float(week) - launch[item]
        if age < 0 { return 0 }
        return lifetime[item].isInfinite ? 1 : max(Articles.floor, expf(-age / lifetime[item]))
    }

    /// The price in a week in hundredths: fading fashions are marked down.
    func price(_ item: Int, freshness: Float) -> Int32 {
        let full = price[item]
        if freshness > 0.35 { return full }
        return freshness > 0.12 ? full * 4 / 5 : full / 2
    }
}
