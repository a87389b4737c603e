import Core
import Models

extension PublicTable {
    /// The hyperparameters that were chosen on this table's validation rows for a kind of model, or those of a preset
    /// with a name of its own; empty: the model's defaults.
    public func preset(_ name: String) -> JSONValue {
        var members = presets[name]?.object ?? [:]
        members["kind"] = nil
        return .object(members)
    }

    private var presets: [String: JSONValue] { self == .gowalla ? Self.gowallaPresets : Self.beautyPresets }

    /// The kind of model that `name` stands for: a name is a kind, or a preset's that says of which kind it is, such as
    /// `mf-bpr`.
    public func kind(_ name: String) -> String { presets[name]?["kind"]?.string ?? name }

    /// The models that a table of all models has: every kind that ranks a whole catalogue, a blend if the table has a
    /// preset for it, and presets with names of their own.
    public var models: [String] {
        let rankers = Set(ModelRegistry.rankingKinds)
        let kinds = ModelRegistry.kinds.filter { kind in
            !rankers.contains(kind) && (kind != BlendModel.kind || preset(kind).object?["members"] != nil)
        }
        return kinds + presets.keys.filter { kind($0) != $0 }.sorted()
    }

    private static let gowallaPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        "item-cosine": ["neighbors": 500, "weighting": "bm25", "shrinkage": 1200, "history-half-life": nil],
        "gf-cf": ["factors": 512, "low-pass": 0.45, "recency": 0.9],
        "ials": ["dimension": 256, "unobserved-weight": 0.1, "regularization": 0.001, "epochs": 10],
        "slim": ["l1": 1, "l2": 20],
        // The weights are fitted in every run.
        "blend": [
            "members": [
                [
                    "kind": "item-cosine", "neighbors": 500, "weighting": "bm25", "shrinkage": 1200,
                    "history-half-life": nil,
                ],
                ["kind": "gf-cf", "factors": 512, "low-pass": 0.45, "recency": 0.9],
            ]
        ],
    ]

    private static let beautyPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        // In seconds. A user's rows lie a second apart: the last two items count most.
        "item-cosine": ["neighbors": 500, "shrinkage": 60, "history-half-life": 1.4],
        "blend": [
            "members": [
                ["kind": "item-cosine", "neighbors": 500, "shrinkage": 60, "history-half-life": 1.4],
                ["kind": "ease"],
            ]
        ],
    ]
}
