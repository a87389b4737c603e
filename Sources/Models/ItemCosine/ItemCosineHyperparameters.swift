import Core

/// What can be set about item-item cosine.
struct ItemCosineHyperparameters: Hyperparameters {
    /// How a user's interest in an item is weighed.
    enum Weighting: String, CaseIterable {
        /// 1 for every item ever taken.
        case none
        /// log(1 + Σ weights): buying again counts, less and less.
        case log
        /// Okapi BM25 over users as documents' terms: popular items and busy users count less.
        case bm25
    }

    /// How many neighbours each item keeps.
    var neighbors: Int
    /// How a user's interest in an item is weighed.
    var weighting: Weighting
    /// Seconds after which a row of the training counts half; nil never forgets.
    var halfLife: Double?
    /// Seconds after which an entry of the history counts half when recommending; nil never forgets.
    var historyHalfLife: Double?
    /// The most distinct items of one user that are multiplied with each other, the latest ones.
    var longestHistory: Int
    /// How like an item is to itself: what a user who bought it once thinks of buying it again.
    var selfSimilarity: Double
    /// Added to the denominator, so that two items met once are not taken for twins.
    var shrinkage: Double

    init(_ fields: inout ConfigurationFields) {
        neighbors = fields.integer("neighbors", default: 200, in: 1...100_000)
        weighting =
            fields.choice("weighting", of: Weighting.allCases.map(\.rawValue)).flatMap(Weighting.init) ?? .none
        halfLife = fields.duration("half-life")
        historyHalfLife = fields.has("history-half-life") ? fields.duration("history-half-life") : 90 * 86_400
        longestHistory = fields.integer("longest-history", default: 1000, in: 1...1_000_000)
        selfSimilarity = fields.number("self-similarity", default: 5, in: 0...1000)
        shrinkage = fields.number("shrinkage", default: 0, in: 0...1e9)
        for (key, value) in [("half-life", halfLife), ("history-half-life", historyHalfLife)] where value == 0 {
            fields.diagnostics.report("'\(fields.name(of: key))' must be longer than 0", at: fields.location(of: key))
        }
    }

    var json: JSONValue {
        [
            "neighbors": .integer(Int64(neighbors)), "weighting": .string(weighting.rawValue),
            "half-life": halfLife.map { .number($0) } ?? .null,
            "history-half-life": historyHalfLife.map { .number($0) } ?? .null,
            "longest-history": .integer(Int64(longestHistory)), "self-similarity": .number(selfSimilarity),
            "shrinkage": .number(shrinkage),
        ]
    }
}
