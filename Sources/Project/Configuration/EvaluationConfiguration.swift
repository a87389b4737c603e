import Core

/// How a project's models are judged, and which of them wins.
public struct EvaluationConfiguration: Sendable {
    /// The list lengths to measure at, ascending.
    public var ks: [Int]
    /// The metric, such as `recall@12`, by which the winner is chosen on validation.
    public var select: String
    /// Whether items that a user has are left out of the lists that are judged.
    public var excludesSeen: Bool
    /// Whether models are trained again on training and validation rows before the test, and the winner on all rows
    /// before it is published.
    public var refits: Bool
    /// How many users are judged at most; a seeded sample if there are more.
    public var maximumUsers: Int

    /// Reads `evaluation:`.
    init(_ fields: inout ConfigurationFields) {
        var found: [Int] = []
        if let node = fields.node("k") {
            let nodes: [ConfigurationNode]
            if case .sequence(let list) = node.content { nodes = list } else { nodes = [node] }
            for node in nodes {
                if case .scalar(let text, false) = node.content, let k = Int(text), (1...1000).contains(k) {
                    found.append(k)
                } else {
                    fields.report("k", "must be a whole number in 1…1000, or a list of them", found: node)
                }
            }
        }
        let ks = found.isEmpty ? [12] : Set(found).sorted()
        self.ks = ks
        let names = ["recall", "ndcg", "map", "mrr", "hit-rate", "precision"]
        let choices = names.flatMap { name in ks.map { "\(name)@\($0)" } }
        select = fields.choice("select", of: choices) ?? "recall@\(ks[0])"
        excludesSeen = fields.bool("exclude-seen", default: false)
        refits = fields.bool("refit", default: true)
        maximumUsers = fields.integer("users", default: 100_000, in: 1 ... .max)
        fields.finish()
    }
}
