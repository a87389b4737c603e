import Core
import Evaluation
import Models

/// A project's settings with every default filled in, as `martlet config --resolved` shows them. Secrets stay the
/// `${env:NAME}` that the file names.
public struct ResolvedConfiguration: Sendable {
    /// The settings.
    public let json: JSONValue

    /// Fills in the defaults.
    ///
    /// - Throws: `invalidConfiguration` if a model refuses its hyperparameters.
    public init(_ project: ProjectConfiguration) throws {
        var members = project.file.json.object ?? [:]
        members["seed"] = .integer(Int64(project.seed))
        members["sql"] = [
            "folder": .string(project.sql.folder), "threads": .integer(Int64(project.sql.threads)),
            "variables": .object(ShopFlow(project).sqlVariables),
        ]
        members.merge(project.dataset.json.object ?? [:]) { _, resolved in resolved }
        members["models"] = .object(
            Dictionary(
                uniqueKeysWithValues: try project.models.map { model in
                    let points = try model.points.map { point in
                        try ModelRegistry.make(kind: model.kind, hyperparameters: point.hyperparameters).hyperparameters
                    }
                    var members: [String: JSONValue] = ["kind": .string(model.kind), "points": .array(points)]
                    members["halving"] = model.halving?.json
                    return (model.name, .object(members))
                }))
        members["evaluation"] = [
            "k": .array(project.evaluation.ks.map { .integer(Int64($0)) }),
            "select": .string(project.evaluation.select), "exclude-seen": .bool(project.evaluation.excludesSeen),
            "refit": .bool(project.evaluation.refits), "users": .integer(Int64(project.evaluation.maximumUsers)),
        ]
        members["tests"] = project.tests.json
        members["recommend"] = project.recommendation.json
        json = .object(members)
    }
}
