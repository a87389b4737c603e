import Core

extension PublicTable {
    /// The hyperparameters of `kind` that were chosen on this table's validation rows; empty: the model's defaults.
    public func preset(_ kind: String) -> JSONValue {
        switch self {
        case .gowalla: Self.gowallaPresets[kind] ?? [:]
        case .beauty: Self.beautyPresets[kind] ?? [:]
        }
    }

    private static let gowallaPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        "item-cosine": ["history-half-life": nil],
    ]

    private static let beautyPresets: [String: JSONValue] = [
        "popularity": ["half-life": nil],
        "item-cosine": ["history-half-life": nil],
    ]
}
