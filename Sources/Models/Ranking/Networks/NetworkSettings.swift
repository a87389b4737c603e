import Core
import Tensor

/// The hyperparameters of architectures; each architecture has those that are not nil in its defaults.
package struct NetworkSettings: Sendable, Equatable {
    /// `dimension`: the width of an embedding.
    package var dimension: Int?
    /// `layers`: the widths of the hidden layers.
    package var layers: [Int]?
    /// `bottom-layers`: the widths of the layers that the numbers go through before they meet the embeddings.
    package var bottomLayers: [Int]?
    /// `cross-layers`: how many cross layers there are.
    package var crossLayers: Int?
    /// `cross-rank`: the rank of their matrices; 0: full.
    package var crossRank: Int?
    /// `experts`: how many experts there are (shared ones).
    package var experts: Int?
    /// `task-experts`: how many experts each target has of its own.
    package var taskExperts: Int?
    /// `levels`: how many levels of experts lie on each other.
    package var levels: Int?
    /// `expert-width`: the width of an expert's output.
    package var expertWidth: Int?
    /// `tower-layers`: the widths of the hidden layers of each target's tower.
    package var towerLayers: [Int]?
    /// `crosses`: whether the user's fields are crossed with the item's features.
    package var crosses: Bool?
    /// `precision`: how exactly layers hold their factors in training; scoring is in float32.
    package var precision: Precision?

    package init(
        dimension: Int? = nil, layers: [Int]? = nil, bottomLayers: [Int]? = nil, crossLayers: Int? = nil,
        crossRank: Int? = nil, experts: Int? = nil, taskExperts: Int? = nil, levels: Int? = nil,
        expertWidth: Int? = nil, towerLayers: [Int]? = nil, crosses: Bool? = nil, precision: Precision? = nil
    ) {
        self.dimension = dimension
        self.layers = layers
        self.bottomLayers = bottomLayers
        self.crossLayers = crossLayers
        self.crossRank = crossRank
        self.experts = experts
        self.taskExperts = taskExperts
        self.levels = levels
        self.expertWidth = expertWidth
        self.towerLayers = towerLayers
        self.crosses = crosses
        self.precision = precision
    }

    /// Reads the keys that `defaults` has.
    init(_ fields: inout ConfigurationFields, defaults: NetworkSettings) {
        self = defaults
        func read(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>) {
            if let fallback = value { value = fields.integer(key, default: fallback, in: range) }
        }
        read("dimension", &dimension, in: 1...4096)
        read("cross-layers", &crossLayers, in: 1...64)
        read("cross-rank", &crossRank, in: 0...65_536)
        read("experts", &experts, in: 1...256)
        read("task-experts", &taskExperts, in: 1...256)
        read("levels", &levels, in: 1...16)
        read("expert-width", &expertWidth, in: 1...65_536)
        if let layers { self.layers = Self.widths("layers", default: layers, atLeast: 1, &fields) }
        if let bottomLayers {
            self.bottomLayers = Self.widths("bottom-layers", default: bottomLayers, atLeast: 0, &fields)
        }
        if let towerLayers { self.towerLayers = Self.widths("tower-layers", default: towerLayers, atLeast: 0, &fields) }
        if let precision {
            self.precision =
                fields.choice("precision", of: Precision.allCases.map(\.rawValue)).flatMap(Precision.init) ?? precision
        }
        if let crosses { self.crosses = fields.bool("crosses", default: crosses) }
    }

    private static func widths(
        _ key: String, default fallback: [Int], atLeast least: Int, _ fields: inout ConfigurationFields
    ) -> [Int] {
        guard fields.has(key) else { return fallback }
        let widths = fields.list(key).compactMap { node -> Int? in
            if case .scalar(let text, _) = node.content, let width = Int(text), 1...65_536 ~= width { return width }
            fields.report(key, "must be a list of widths such as [128, 64]", found: node)
            return nil
        }
        if widths.count < least {
            fields.diagnostics.report(
                "'\(fields.name(of: key))' needs at least one width", hint: "such as [128, 64]",
                at: fields.location(of: key))
            return fallback
        }
        return widths
    }

    /// All keys with their values.
    var json: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for (key, value) in [
            ("dimension", dimension), ("cross-layers", crossLayers), ("cross-rank", crossRank), ("experts", experts),
            ("task-experts", taskExperts), ("levels", levels), ("expert-width", expertWidth),
        ] { if let value { members[key] = .integer(Int64(value)) } }
        for (key, widths) in [("layers", layers), ("bottom-layers", bottomLayers), ("tower-layers", towerLayers)] {
            if let widths { members[key] = .array(widths.map { .integer(Int64($0)) }) }
        }
        if let crosses { members["crosses"] = .bool(crosses) }
        if let precision { members["precision"] = .string(precision.rawValue) }
        return members
    }
}
