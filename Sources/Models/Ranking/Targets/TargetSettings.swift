import Core

/// What an architecture with several targets learns, and how much each counts in a score.
struct TargetSettings: Sendable, Equatable {
    /// The targets, the weakest first: kinds of events of the dataset; empty: all there are.
    var names: [String]
    /// How much each counts in a score; 1 where it is not named.
    var weights: [String: Double]
    /// Seconds within which a stronger event (or the second purchase) belongs to a row.
    var horizon: Double

    init(_ fields: inout ConfigurationFields) {
        let names = fields.has("targets") ? fields.strings("targets") : []
        self.names = names
        var weights: [String: Double] = [:]
        for (name, _, node) in fields.named("target-weights") {
            if case .scalar(let text, _) = node.content, let weight = Double(text), weight >= 0, weight.isFinite {
                weights[name] = weight
            } else {
                fields.report("target-weights", "must give '\(name)' a number of at least 0", found: node)
            }
        }
        if !names.isEmpty, let stranger = weights.keys.sorted().first(where: { !names.contains($0) }) {
            fields.diagnostics.report(
                "'\(fields.name(of: "target-weights"))' names '\(stranger)', which is no target",
                hint: nearest(to: stranger, among: names).map { "did you mean '\($0)'?" },
                at: fields.location(of: "target-weights"))
        }
        self.weights = weights
        horizon = fields.duration("target-horizon", default: 30 * 86_400)
    }

    var json: [String: JSONValue] {
        [
            "targets": .array(names.map { .string($0) }), "target-weights": .object(weights.mapValues { .number($0) }),
            "target-horizon": .number(horizon),
        ]
    }
}
