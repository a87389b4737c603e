import Core

/// What can be set about popularity.
struct PopularityHyperparameters: Hyperparameters {
    /// Seconds after which a purchase counts half.
    var halfLife: Double?
    /// The categorical user feature whose values are the segments; nil: one list for all.
    var segment: String?
    /// How many interactions' worth of the shop's own popularity is mixed into a segment's.
    var smoothing: Double

    init(_ fields: inout ConfigurationFields) {
        halfLife = fields.has("half-life") ? fields.duration("half-life") : 28 * 86_400
        segment = fields.string("segment")
        smoothing = fields.number("smoothing", default: 100, in: 0...1e9)
        if halfLife == 0 {
            fields.diagnostics.report(
                "'\(fields.name(of: "half-life"))' must be longer than 0", at: fields.location(of: "half-life"))
        }
    }

    var json: JSONValue {
        [
            "half-life": halfLife.map { .number($0) } ?? .null, "segment": segment.map { .string($0) } ?? .null,
            "smoothing": .number(smoothing),
        ]
    }
}
