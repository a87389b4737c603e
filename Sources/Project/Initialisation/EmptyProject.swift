import Core

/// A commented project with nothing filled in.
public enum EmptyProject {
    /// Writes it into `folder`.
    ///
    /// - Throws: `busy` if the folder holds a project already.
    public static func write(to folder: String, shop: String) throws {
        try NewProject(folder).write(
            configuration: configuration(shop: shop), sqlFrom: nil,
            sql: [
                "dbt_project.yml": dbtProject(shop: shop), "models/sources.yml": sources,
                "models/interactions.sql": model,
            ]
        )
    }

    private static func configuration(shop: String) -> String {
        ProposedProject(shop: shop, file: "data/purchases.csv", roles: .example).configuration
    }

    private static func dbtProject(shop: String) -> String { ProposedProject.dbtProject(shop: shop) }
    private static var sources: String { ProposedProject.sources }
    private static var model: String {
        ProposedProject(shop: "", file: "", roles: .example).interactions
    }
}
