import Core
import Flow
import Warehouse

extension ShopFlow {
    /// Files into the warehouse. Runs in every run, because only the files tell whether they changed; files that were
    /// loaded before are not read again.
    func load() -> Step {
        let project = project
        return Step("load", parameters: project.file["sources"], isMemoised: false) { context in
            let warehouse = try Warehouse(project.warehouse)
            let loader = try Loader(warehouse.connect()) { source, places in
                if source.format == .impressions {
                    return ImpressionRows(folder: source.files[0], after: places)
                }
                return try EventRows.open(source.files[0], after: places)
            }
            let report = try loader.load(project.sources, progress: context.progress)
            context.setValue(["sources": report.content])
            for source in report.sources where source.rejects > 0 {
                context.progress.note(
                    "\(source.name): \(source.rejects) of \(source.rows + source.rejects) rows could not be read; "
                        + "the table raw.\(source.name)__rejects says why")
            }
        }
    }

    /// The SQL project. A result stands as long as the warehouse still holds the tables with the rows it made.
    ///
    /// Artifacts `sql`: a folder of the SQL that was run, templates filled in, so that a list can be traced to it; and
    /// `facts.json`: see ``TransformFacts``.
    func transform() -> Step {
        let project = project
        let variables = sqlVariables
        return Step(
            "transform", dependencies: ["load"],
            parameters: ["variables": .object(variables), "warehouse": project.file["warehouse"]], codeVersion: "2",
            fingerprint: { try SourceDigest.ofFolder(project.sqlFolder) },
            validity: { result in try Self.tablesStand(result.value, project: project) }
        ) { context in
            let warehouse = try Warehouse(project.warehouse)
            let runner = try SQLProjectRunner(
                project: SQLProject(folder: project.sqlFolder), warehouse: warehouse, variables: variables,
                threads: project.sql.threads, progress: context.progress)
            let report = try runner.build()
            try report.throwIfFailed()
            // What was loaded is part of the value: equal counts of other rows must not pass for the same tables.
            let loaded = try context.value(of: "load")
            let sql = try context.output("sql")
            try Folder.make(sql)
            try runner.project.writeCompiled(to: sql, connection: warehouse.connect())
            try TransformFacts(runner, report: report, loaded: loaded).write(to: context.output("facts.json"))
            context.setValue(["tables": report.rowCounts, "loaded": loaded])
        }
    }

    /// What SQL learns from the project file: the split's dates stand there and nowhere else.
    public var sqlVariables: [String: JSONValue] {
        project.dataset.sqlVariables.merging(project.sql.variables) { _, written in written }
    }

    private static func tablesStand(_ value: JSONValue, project: ProjectConfiguration) throws -> Bool {
        guard let tables = value["tables"]?.object else { return false }
        let connection = try Warehouse(project.warehouse).connect()
        for (name, rows) in tables {
            guard let found = try? connection.value("select count(*) from \(name)")?.integer, found == rows.integer
            else { return false }
        }
        return true
    }
}
