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

    /// The models that a table of all models has: every kind, and a blend if the table has a preset for it.
    public var models: [String] {
        ModelRegistry.kinds.filter { $0 != BlendModel.kind || preset($0).object?["members"] != nil }
    }

    private static let gowallaPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        "item-cosine": ["neighbors": 50, "weighting": "bm25", "shrinkage": 2000, "history-half-life": nil],
    ]

    private static let beautyPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        // A user's rows lie a second apart: the last two items count most.
        "item-cosine": ["neighbors": 200, "shrinkage": 30, "history-half-life": "2s"],
    ]
}
