import Core

/// A rule that changes the order of what was ranked.
public enum RerankConfiguration: Sendable {
    /// Maximal marginal relevance: each place goes to the item with the best of (1 − weight) · score − weight · likeness
    /// to what stands above it, scores scaled to 0…1; among the first `pool` items.
    case mmr(weight: Double, pool: Int)
    /// At most so many items of one category in an answer; what is too many moves behind.
    case categoryCap(most: Int)
    /// Adds to the scores of items and of categories.
    case boost(items: [String], categories: [String], by: Double)
    /// Adds weight · 2^(−age / half-life), age counted from an item's first sale.
    case freshness(weight: Double, halfLife: Double)
    /// Adds weight · exp(−½ · (ln(price / the user's usual price) / width)²).
    case priceBand(column: String, weight: Double, width: Double)
    /// At least so many places, and at least such a share of an answer, for a group of items.
    case exposureFloor(group: ItemGroup, places: Int, share: Double)
    /// An item at a place, counted from 1.
    case pin(item: String, place: Int)
    /// Draws the order by Gumbel noise: item after item by probability ∝ exp(score / temperature), among the first
    /// `pool` items. The probabilities go into the answer.
    case explore(temperature: Double, pool: Int)

    /// The word in `martlet.yml`, which answers name the rule by.
    public var word: String {
        switch self {
        case .mmr: "mmr"
        case .categoryCap: "category-cap"
        case .boost: "boost"
        case .freshness: "freshness"
        case .priceBand: "price-band"
        case .exposureFloor: "exposure-floor"
        case .pin: "pin"
        case .explore: "explore"
        }
    }

    var needsCategory: Bool {
        switch self {
        case .categoryCap: true
        case .boost(_, let categories, _): !categories.isEmpty
        case .exposureFloor(let group, _, _): !group.categories.isEmpty
        case .mmr, .freshness, .priceBand, .pin, .explore: false
        }
    }

    /// The column of the items that the rule reads; nil: none.
    public var column: String? {
        switch self {
        case .priceBand(let column, _, _): column
        case .exposureFloor(let group, _, _): group.condition?.column
        case .mmr, .categoryCap, .boost, .freshness, .pin, .explore: nil
        }
    }

    /// Reads `rerank:`; without it the order stays.
    static func list(_ fields: inout ConfigurationFields) -> [RerankConfiguration] {
        let words = [
            "mmr", "category-cap", "boost", "freshness", "price-band", "exposure-floor", "pin", "explore",
        ]
        let diagnostics = fields.diagnostics
        let rules: [RerankConfiguration] = (StageEntry.list("rerank", kinds: words, &fields) ?? []).map { entry in
            var fields = entry.fields(diagnostics)
            defer { fields.finish() }
            switch entry.kind {
            case "mmr":
                return .mmr(
                    weight: fields.number("weight", default: 0.3, in: 0...1),
                    pool: fields.integer("pool", default: 50, in: 1...1000))
            case "category-cap": return .categoryCap(most: fields.integer("most", default: 3, in: 1...1000))
            case "boost":
                return .boost(
                    items: fields.strings("items"), categories: fields.strings("categories"),
                    by: fields.number("by", default: 0.1, in: -1e6...1e6))
            case "freshness":
                let halfLife = fields.duration("half-life", default: 14 * 86_400)
                if halfLife <= 0 {
                    diagnostics.report("'\(entry.path).half-life' must be longer than 0", at: entry.location)
                }
                return .freshness(
                    weight: fields.number("weight", default: 0.1, in: -1e6...1e6), halfLife: max(halfLife, 1))
            case "price-band":
                return .priceBand(
                    column: fields.string("column", default: "price"),
                    weight: fields.number("weight", default: 0.2, in: -1e6...1e6),
                    width: fields.number("width", default: 0.5, in: 1e-3...1e3))
            case "exposure-floor": return exposureFloor(entry, &fields)
            case "pin":
                return .pin(
                    item: fields.required("item", hint: "name the item's id"),
                    place: fields.integer("place", default: 1, in: 1...1000))
            default:
                return .explore(
                    temperature: fields.number("temperature", default: 0.1, in: 1e-6...1e6),
                    pool: fields.integer("pool", default: 50, in: 1...1000))
            }
        }
        if let place = rules.firstIndex(where: { $0.word == "explore" }),
            let later = rules[(place + 1)...].first(where: { !["pin", "exposure-floor"].contains($0.word) })
        {
            diagnostics.report(
                "'\(fields.name(of: "rerank"))' changes the order by '\(later.word)' after 'explore' has drawn it, so that "
                    + "the probabilities would not be those of the answer",
                hint: "put 'explore' last; pins and floors may follow",
                at: fields.location(of: "rerank"))
        }
        return rules
    }

    /// `exposure-floor: {new-within: 30d, share: 0.1}`, `{categories: [Socks], places: 1}`, or a column as filters ask it.
    private static func exposureFloor(_ entry: StageEntry, _ fields: inout ConfigurationFields) -> RerankConfiguration {
        var group = ItemGroup()
        group.items = fields.strings("items")
        group.categories = fields.strings("categories")
        group.newWithin = fields.duration("new-within")
        if fields.has("column") {
            var column = fields.fields("column")
            group.condition = ColumnCondition("column", &column)
            column.finish()
        }
        let places = fields.integer("places", default: 0, in: 0...1000)
        let share = fields.number("share", default: 0, in: 0...1)
        if group.isEmpty {
            fields.diagnostics.report(
                "'\(entry.path)' does not say for whom",
                hint: "name 'items', 'categories', 'new-within: 30d', or 'column: {name: seller, in: [a]}'",
                at: entry.location)
        }
        if places == 0, share == 0 {
            fields.diagnostics.report(
                "'\(entry.path)' does not say how much", hint: "add 'places: 1' or 'share: 0.1'", at: entry.location)
        }
        return .exposureFloor(group: group, places: places, share: share)
    }
}
