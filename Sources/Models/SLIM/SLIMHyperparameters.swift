import Core

/// What can be set about SLIM.
struct SLIMHyperparameters: Hyperparameters {
    /// λ, the weight of Σ |w|: the larger, the fewer weights are not 0.
    var l1: Double
    /// β, the weight of ½ Σ w².
    var l2: Double
    /// Whether weights may not be negative, as in the paper.
    var nonnegative: Bool
    /// Weights have settled when none changes by more.
    var tolerance: Double
    /// The most sweeps over an item's weights.
    var sweeps: Int
    /// How much more recent items of a history weigh when recommending: (1 + how many came later)^(−recency).
    var recency: Double

    init(_ fields: inout ConfigurationFields) {
        recency = fields.number("recency", default: 0, in: 0...10)
        l1 = fields.number("l1", default: 1, in: 0...1e9)
        l2 = fields.number("l2", default: 20, in: 1e-6...1e9)
        nonnegative = fields.bool("nonnegative", default: true)
        tolerance = fields.number("tolerance", default: 1e-4, in: 1e-8...1)
        sweeps = fields.integer("sweeps", default: 100, in: 1...100_000)
    }

    var json: JSONValue {
        [
            "l1": .number(l1), "l2": .number(l2), "nonnegative": .bool(nonnegative), "tolerance": .number(tolerance),
            "sweeps": .integer(Int64(sweeps)),
            "recency": .number(recency),
        ]
    }
}
