import Core

/// How a member's scores are made comparable with another's.
package enum BlendNormalization: String, CaseIterable, Sendable {
    /// By the distance from the last of the member's list, divided by that of the first.
    case range
    /// By the place in the member's list alone.
    case rank
}

/// What can be set about a blend.
struct BlendHyperparameters: Hyperparameters {
    /// A model that takes part: its kind and its hyperparameters.
    struct Member: Sendable, Equatable {
        var kind: String
        var hyperparameters: JSONValue
    }

    /// The models that take part.
    var members: [Member]
    /// How much each counts; nil: fitted on the validation window.
    var weights: [Double]?
    /// How many passes each member makes over the data; nil: each stops by itself.
    var passes: [Int]?
    /// How many of each member's best items compete for a place.
    var candidates: Int
    /// How scores are made comparable.
    var normalization: BlendNormalization

    /// Two that train in seconds and err differently: one looks at neighbours, the other at the whole graph.
    private static let defaultMembers = [
        Member(kind: "item-cosine", hyperparameters: [:]), Member(kind: "gf-cf", hyperparameters: [:]),
    ]

    init(_ fields: inout ConfigurationFields) {
        let isGiven = fields.node("members") != nil
        let nodes = fields.list("members")
        members = isGiven ? [] : Self.defaultMembers
        for (place, node) in nodes.enumerated() {
            if let member = Self.member(node, path: "\(fields.name(of: "members"))[\(place)]", fields.diagnostics) {
                members.append(member)
            }
        }
        if isGiven, nodes.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "members"))' must list the models to blend",
                hint: "write members: [{kind: item-cosine}, {kind: popularity}]", at: fields.location(of: "members"))
        }
        let count = isGiven ? nodes.count : members.count
        weights = Self.numbers("weights", count: count, &fields) { (text: String) -> Double? in
            Double(text).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        }
        passes = Self.numbers("passes", count: count, &fields) { text in Int(text).flatMap { $0 > 0 ? $0 : nil } }
        candidates = fields.integer("candidates", default: 200, in: 1...100_000)
        normalization =
            fields.choice("normalization", of: BlendNormalization.allCases.map(\.rawValue))
            .flatMap(BlendNormalization.init)
            ?? .range
    }

    private static func member(_ node: ConfigurationNode, path: String, _ diagnostics: Diagnostics) -> Member? {
        guard case .mapping(let entries) = node.content, let kind = entries.first(where: { $0.key == "kind" }),
            case .scalar(let name, _) = kind.value.content
        else {
            diagnostics.report(
                "'\(path)' must be a mapping with 'kind' and hyperparameters, found \(node.kind)", at: node.location)
            return nil
        }
        let rest = ConfigurationNode(.mapping(entries.filter { $0.key != "kind" }), location: node.location)
        var fields = ConfigurationFields(rest, path: path, diagnostics: diagnostics)
        ModelRegistry.check(kind: name, fields: &fields)
        return Member(kind: name, hyperparameters: rest.json)
    }

    /// One number for each member.
    private static func numbers<Number>(
        _ key: String, count: Int, _ fields: inout ConfigurationFields, read: (String) -> Number?
    ) -> [Number]? {
        let nodes = fields.list(key)
        guard !nodes.isEmpty else { return nil }
        let numbers = nodes.compactMap { node -> Number? in
            guard case .scalar(let text, false) = node.content else { return nil }
            return read(text)
        }
        if numbers.count == count, nodes.count == count { return numbers }
        fields.diagnostics.report(
            "'\(fields.name(of: key))' must hold \(count) positive numbers, one for each member",
            hint: "leave it away to have it found in training", at: fields.location(of: key))
        return nil
    }

    var json: JSONValue {
        [
            "members": .array(
                members.map { member in
                    var entries = member.hyperparameters.object ?? [:]
                    entries["kind"] = .string(member.kind)
                    return .object(entries)
                }),
            "weights": weights.map { .array($0.map { .number($0) }) } ?? .null,
            "passes": passes.map { .array($0.map { .integer(Int64($0)) }) } ?? .null,
            "candidates": .integer(Int64(candidates)), "normalization": .string(normalization.rawValue),
        ]
    }
}
