import Core
import Features
import Flow
import Warehouse

/// The three ways in which a project's rows are cut into windows.
enum SplitUse: String, Sendable {
    /// Training, validation, test: models are chosen on it.
    case selection = "features"
    /// Training up to the test, no validation: models are judged on it.
    case testing = "features-test"
    /// All rows are training: the published model knows them all.
    case everything = "features-all"
}

extension ShopFlow {
    /// Encodes the warehouse's tables into a dataset, cut as `use` says.
    func features(_ use: SplitUse) -> Step {
        let project = project
        let configuration = project.dataset.cut(for: use)
        return Step(
            use.rawValue, dependencies: ["transform"],
            parameters: [
                "dataset": configuration.json, "features": project.file["features"],
                "warehouse": project.file["warehouse"],
            ]
        ) { context in
            let connection = try Warehouse(project.warehouse).connect()
            let tables = ShopTables(connection: connection, configuration: configuration, workflow: project.workflow)
            let builder = InteractionDatasetBuilder(
                configuration: configuration, workflow: project.workflow, progress: context.progress)
            let built = try builder.build(
                users: tables.users, items: tables.items, interactions: tables.interactions,
                to: context.output("dataset"))
            for note in built.notes { context.progress.note(note) }
            context.setValue([
                "users": .integer(Int64(built.users.count)), "items": .integer(Int64(built.items.count)),
                "train": .integer(Int64(built.rowCount(.train))),
                "validation": .integer(Int64(built.rowCount(.validation))),
                "test": .integer(Int64(built.rowCount(.test))),
            ])
        }
    }
}
