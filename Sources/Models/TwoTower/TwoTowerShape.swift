import Core
import Features

/// What goes into the towers: enough to build them again without the dataset, and to refuse another dataset.
struct TwoTowerShape: Sendable, Equatable {
    /// A categorical input.
    struct Feature: Sendable, Equatable {
        var name: String
        var cardinality: Int
    }

    /// The counts of trained users and items, and the windows.
    var dataset: DatasetShape
    /// Categorical features of users, then those of the moment.
    var userFeatures: [Feature]
    var contextFeatures: [Feature]
    var itemFeatures: [Feature]
    /// Continuous features.
    var userNumbers: [String]
    var itemNumbers: [String]

    /// Reads from a dataset what the hyperparameters ask for.
    init(_ data: InteractionDataset, windows: [Window], settings: TwoTowerHyperparameters) {
        self.init(data, windows: windows, usesFeatures: settings.usesFeatures, usesContext: settings.usesContext)
    }

    /// Reads what a dataset has.
    init(_ data: InteractionDataset, windows: [Window], usesFeatures: Bool, usesContext: Bool) {
        func categorical(_ schema: [ColumnSchema]) -> [Feature] {
            schema.filter { $0.tags.contains(.categorical) && !$0.isList && !$0.tags.contains(.id) }
                .map { Feature(name: $0.name, cardinality: max($0.cardinality ?? 1, 1)) }
        }
        func continuous(_ schema: [ColumnSchema]) -> [String] {
            schema.filter { $0.tags.contains(.continuous) && !$0.isList }.map(\.name)
        }
        dataset = DatasetShape(data, windows: windows)
        let users = usesFeatures ? data.users.features?.schema.columns ?? [] : []
        let items = usesFeatures ? data.items.features?.schema.columns ?? [] : []
        userFeatures = categorical(users)
        itemFeatures = categorical(items)
        userNumbers = continuous(users)
        itemNumbers = continuous(items)
        contextFeatures = usesContext ? categorical(data.contextColumns) : []
    }

    var json: JSONValue {
        func list(_ features: [Feature]) -> JSONValue {
            .array(features.map { ["name": .string($0.name), "cardinality": .integer(Int64($0.cardinality))] })
        }
        return [
            "dataset": dataset.json, "user-features": list(userFeatures), "context-features": list(contextFeatures),
            "item-features": list(itemFeatures), "user-numbers": .array(userNumbers.map { .string($0) }),
            "item-numbers": .array(itemNumbers.map { .string($0) }),
        ]
    }

    init(json: JSONValue) throws {
        func features(_ key: String) throws -> [Feature] {
            try (json[key]?.array ?? []).map {
                guard let name = $0["name"]?.string, let cardinality = $0["cardinality"]?.integer,
                    1...Int(Int32.max) ~= cardinality
                else { throw MartletError(.corrupted, "the model's '\(key)' are not described") }
                return Feature(name: name, cardinality: cardinality)
            }
        }
        dataset = try DatasetShape(json: json["dataset"] ?? .null)
        userFeatures = try features("user-features")
        contextFeatures = try features("context-features")
        itemFeatures = try features("item-features")
        userNumbers = json["user-numbers"]?.array?.compactMap(\.string) ?? []
        itemNumbers = json["item-numbers"]?.array?.compactMap(\.string) ?? []
    }
}
