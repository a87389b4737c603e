import Core
import Features

/// What goes into a ranking model and comes out: enough to build it again without the dataset.
struct RankingShape: Sendable, Equatable {
    /// The inputs.
    var inputs: TwoTowerShape
    /// The targets' names.
    var targets: [String]

    /// Reads from a dataset what the hyperparameters ask for.
    init(_ data: InteractionDataset, windows: [Window], settings: RankingHyperparameters) throws {
        inputs = TwoTowerShape(
            data, windows: windows, usesFeatures: settings.usesFeatures, usesContext: settings.usesContext)
        targets = try TargetLabels.names(settings.targets, data)
    }

    var json: JSONValue {
        var members = inputs.json.object ?? [:]
        members["targets"] = .array(targets.map { .string($0) })
        return .object(members)
    }

    init(json: JSONValue) throws {
        inputs = try TwoTowerShape(json: json)
        targets = json["targets"]?.array?.compactMap(\.string) ?? []
        guard 1...32 ~= targets.count else {
            throw MartletError(.corrupted, "the model does not say what it was trained for")
        }
    }
}
