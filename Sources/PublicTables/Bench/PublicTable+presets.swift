import Core
import Models

extension PublicTable {
    /// The hyperparameters of `kind` that were chosen on this table's validation rows; empty: the model's defaults.
    public func preset(_ kind: String) -> JSONValue {
        switch self {
        case .gowalla: Self.gowallaPresets[kind] ?? [:]
        case .beauty: Self.beautyPresets[kind] ?? [:]
        }
    }

    /// The models that a table of all models has: every kind that ranks a whole catalogue, and a blend if the table has
    /// a preset for it.
    public var models: [String] {
        let rankers = Set(ModelRegistry.rankingKinds)
        return ModelRegistry.kinds.filter { kind in
            !rankers.contains(kind) && (kind != BlendModel.kind || preset(kind).object?["members"] != nil)
        }
    }

    private static let gowallaPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        "item-cosine": ["neighbors": 500, "weighting": "bm25", "shrinkage": 1200, "history-half-life": nil],
        "gf-cf": ["recency": 0.7],
        "ials": ["dimension": 256, "unobserved-weight": 0.1, "regularization": 0.001, "epochs": 10],
        "slim": ["l1": 1, "l2": 20],
        // The weights are fitted in every run.
        "blend": [
            "members": [
                [
                    "kind": "item-cosine", "neighbors": 500, "weighting": "bm25", "shrinkage": 1200,
                    "history-half-life": nil,
                ],
                ["kind": "gf-cf", "recency": 0.7],
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
