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
        case .pin: "pin"
        case .explore: "explore"
        }
    }

    var needsCategory: Bool {
        switch self {
        case .categoryCap: true
        case .boost(_, let categories, _): !categories.isEmpty
        case .mmr, .freshness, .pin, .explore: false
        }
    }

    /// Reads `rerank:`; without it the order stays.
    static func list(_ fields: inout ConfigurationFields) -> [RerankConfiguration] {
        let words = ["mmr", "category-cap", "boost", "freshness", "pin", "explore"]
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
            let later = rules[(place + 1)...].first(where: { $0.word != "pin" })
        {
            diagnostics.report(
                "'\(fields.name(of: "rerank"))' changes the order by '\(later.word)' after 'explore' has drawn it, so that "
                    + "the probabilities would not be those of the answer", hint: "put 'explore' last; pins may follow",
                at: fields.location(of: "rerank"))
        }
        return rules
    }
}
