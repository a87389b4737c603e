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
        // The half-life is in seconds, of which a user's rows lie one apart: 20 items.
        "item-cosine": ["neighbors": 500, "weighting": "bm25", "shrinkage": 1200, "history-half-life": 20],
        "gf-cf": ["factors": 512, "low-pass": 0.45, "recency": 0.9],
        // Chosen on the 12,000 most frequent items; 150 to 300 make no difference.
        "ease": ["regularization": 200, "recency": 0.8],
        "ials": ["dimension": 256, "unobserved-weight": 0.1, "regularization": 0.001, "epochs": 10],
        "slim": ["l1": 1, "l2": 20],
        "mf": [
            "loss": "bsl", "temperature": 0.1, "normalizer-power": 1.3, "user-exponent": 0.5, "recency": 0.5,
            "batch-size": 512, "learning-rate": 0.02, "schedule": "linear", "epochs": 80, "validation-every": 20,
        ],
        "lightgcn": [
            "loss": "bsl", "layers": 2, "temperature": 0.12, "normalizer-power": 1.2, "user-exponent": 0.5,
            "recency": 0.5, "batch-size": 1024, "learning-rate": 0.03, "schedule": "linear", "epochs": 40,
            "validation-every": 20,
        ],
        "mf-bpr": [
            "kind": "mf", "loss": "bpr", "optimizer": "sgd", "learning-rate": 0.05, "schedule": "linear", "l2": 0.01,
            "hardest-of": 32, "recency": 0.4, "epochs": 60, "validation-every": 20,
        ],
        // The weights are fitted in every run. Item cosine beside these two gets none.
        "blend": [
            "members": [
                ["kind": "gf-cf", "factors": 256, "low-pass": 0.45, "recency": 0.9],
                [
                    "kind": "mf", "loss": "bsl", "temperature": 0.1, "normalizer-power": 1.3, "user-exponent": 0.5,
                    "recency": 0.5, "batch-size": 512, "learning-rate": 0.02, "schedule": "linear", "epochs": 40,
                    "validation-every": 40,
                ],
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
