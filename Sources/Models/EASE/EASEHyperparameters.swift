import Core

/// What can be set about EASE.
struct EASEHyperparameters: Hyperparameters {
    /// λ, added to the diagonal of the Gram matrix: how many takers an item needs before it is believed.
    var regularization: Double
    /// How many weights each item keeps, the largest by size.
    var neighbors: Int
    /// The most items that take part, the most frequent ones of the training; the rest is recommended by popularity.
    var maximumItems: Int
    /// How much more recent items of a history weigh when recommending: (1 + how many came later)^(−recency).
    var recency: Double

    init(_ fields: inout ConfigurationFields) {
        recency = fields.number("recency", default: 0, in: 0...10)
        regularization = fields.number("regularization", default: 200, in: 1e-3...1e9)
        neighbors = fields.integer("neighbors", default: 500, in: 1...1_000_000)
        maximumItems = fields.integer("maximum-items", default: 20_000, in: 1...200_000)
    }

    var json: JSONValue {
        [
            "regularization": .number(regularization), "neighbors": .integer(Int64(neighbors)),
            "maximum-items": .integer(Int64(maximumItems)),
            "recency": .number(recency),
        ]
    }
}
