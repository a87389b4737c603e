import Core

/// What can be set about the graph filter.
struct GraphFilterHyperparameters: Hyperparameters {
    /// How many singular vectors the ideal low-pass filter keeps.
    var factors: Int
    /// α, how much the ideal low-pass filter counts beside the linear one.
    var lowPass: Double
    /// How much more recent items of a history weigh when recommending: (1 + how many came later)^(−recency).
    var recency: Double

    init(_ fields: inout ConfigurationFields) {
        recency = fields.number("recency", default: 0, in: 0...10)
        factors = fields.integer("factors", default: 256, in: 1...4096)
        lowPass = fields.number("low-pass", default: 0.3, in: 0...1e6)
    }

    var json: JSONValue {
        ["factors": .integer(Int64(factors)), "low-pass": .number(lowPass), "recency": .number(recency)]
    }
}
