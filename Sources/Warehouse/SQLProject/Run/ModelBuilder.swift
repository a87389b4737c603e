import Core

/// Builds one model on one connection.
struct ModelBuilder {
    let project: SQLProject
    let connection: any SQLConnection
    let isFullRefresh: Bool
    let note: (String) -> Void

    private var dialect: Dialect { connection.dialect }

    /// Builds `model`; what goes wrong is in the result.
    func build(_ model: SQLModel) -> TransformReport.Model {
        let start = ContinuousClock.now
        var result = TransformReport.Model(
            name: model.name, materialized: model.configuration.materialized,
            table: project.relation(of: model).plainText, status: .ok, rows: nil, seconds: 0)
        do {
            if model.configuration.materialized != .ephemeral { result.rows = try put(model) }
        } catch {
            result.status = .error
            result.message = "\(error)"
        }
        result.seconds = start.duration(to: .now).seconds
        return result
    }

    private func put(_ model: SQLModel) throws -> Int? {
        let relation = project.relation(of: model)
        let existing = try connection.kind(of: relation)
        let refreshes = model.configuration.fullRefresh ?? isFullRefresh
        let isIncremental = model.configuration.materialized == .incremental && existing == .table && !refreshes
        let session = ProjectContext.Session(
            connection: connection, isIncremental: isIncremental, isFullRefresh: refreshes, note: note)
        let compiled = try project.compile(model, session: session)
        try runHooks(model.configuration.preHooks, model, session)
        let rows: Int?
        switch model.configuration.materialized {
        case .view:
            try putView(model, compiled, relation, existing)
            rows = nil
        case .incremental where isIncremental: rows = try add(model, compiled, relation)
        default: rows = try putTable(model, compiled, relation, existing)
        }
        try runHooks(model.configuration.postHooks, model, session)
        return rows
    }

    private func runHooks(_ hooks: [String], _ model: SQLModel, _ session: ProjectContext.Session) throws {
        let location = SourceLocation(file: model.file, line: 1, column: 1)
        for hook in hooks {
            let context = ProjectContext(project, model: model, session: session)
            let sql = try context.render(text: hook, at: location).trimmingBlanks()
            guard !sql.isEmpty else { continue }
            do {
                try connection.execute(sql)
            } catch {
                throw MartletError(
                    .invalidData, "the warehouse refused a hook of '\(model.name)', '\(sql)'", at: location,
                    underlying: error)
            }
        }
    }

    /// Runs `lead`, then the compiled query on lines of its own, then `tail`.
    private func run(_ lead: String, _ compiled: CompiledSQL, _ tail: String, of model: SQLModel) throws {
        do {
            try connection.execute(lead + "\n" + compiled.text + "\n" + tail)
        } catch {
            throw StatementFault(
                compiled: compiled, lead: lead.split(separator: "\n").count,
                place: SourceLocation(file: model.file, line: 1, column: 1)
            ).explain(error, "the model '\(model.name)'")
        }
    }

    // MARK: - Tables

    private func putTable(
        _ model: SQLModel, _ compiled: CompiledSQL, _ relation: Relation, _ existing: RelationKind?
    ) throws -> Int? {
        if dialect == .snowflake {
            // One statement that is atomic by itself; there are no transactions over definitions.
            if existing == .view { try connection.drop(relation) }
            try run("create or replace table \(relation.text) as (", compiled, ")", of: model)
            return try count(relation)
        }
        let aside = relation.beside("__martlet_new")
        try connection.drop(aside)
        do {
            try run("create table \(aside.text) as (", compiled, ")", of: model)
            let rows = try count(aside)
            try connection.transaction {
                try connection.drop(relation)
                try connection.execute("alter table \(aside.text) rename to \(dialect.quote(relation.identifier))")
            }
            return rows
        } catch {
            _ = try? connection.drop(aside)
            throw error
        }
    }

    private func count(_ relation: Relation) throws -> Int? {
        try connection.value("select count(*) from \(relation.text)")?.integer
    }

    // MARK: - Views

    private func putView(
        _ model: SQLModel, _ compiled: CompiledSQL, _ relation: Relation, _ existing: RelationKind?
    ) throws {
        let replaces = dialect.replacesViews && existing != .table
        let statement = "create \(replaces ? "or replace " : "")view \(relation.text) as"
        if replaces || (existing == nil) { return try run(statement, compiled, "", of: model) }
        if !dialect.rollsBackDefinitions {
            try connection.drop(relation)
            return try run(statement, compiled, "", of: model)
        }
        try connection.transaction {
            try connection.drop(relation)
            try run(statement, compiled, "", of: model)
        }
    }

    // MARK: - Incremental tables

    private func add(_ model: SQLModel, _ compiled: CompiledSQL, _ relation: Relation) throws -> Int? {
        let aside = relation.beside("__martlet_new")
        try connection.drop(aside)
        defer { _ = try? connection.drop(aside) }
        try run("create table \(aside.text) as (", compiled, ")", of: model)
        let columns = try self.columns(of: relation)
        let new = try self.columns(of: aside)
        let location = SourceLocation(file: model.file, line: 1, column: 1)
        let missing = columns.filter { !new.contains($0) }
        if !missing.isEmpty {
            throw MartletError(
                .invalidData, "the model '\(model.name)' no longer has the column \(missing.joined(separator: ", "))",
                hint: "build it with a full refresh", at: location)
        }
        let extra = new.filter { !columns.contains($0) }
        if !extra.isEmpty, model.configuration.onSchemaChange == "fail" {
            throw MartletError(
                .invalidData, "the model '\(model.name)' has the new column \(extra.joined(separator: ", "))",
                hint: "build it with a full refresh", at: location)
        }
        let rows = try count(aside)
        let keys = model.configuration.incrementalStrategy == "append" ? [] : model.configuration.uniqueKey
        let names = columns.map(dialect.quote).joined(separator: ", ")
        try connection.transaction {
            if !keys.isEmpty {
                let same = keys.map { "fresh.\($0) = \(relation.text).\($0)" }.joined(separator: " and ")
                try connection.execute(
                    "delete from \(relation.text) where exists (select 1 from \(aside.text) fresh where \(same))")
            }
            try connection.execute(
                "insert into \(relation.text) (\(names)) select \(names) from \(aside.text)")
        }
        return rows
    }

    private func columns(of relation: Relation) throws -> [String] {
        try connection.query("select * from \(relation.text) where 1 = 0").schema.names
    }
}

extension TransformReport.Model {
    /// What stays on the screen when the model is done.
    var summary: String {
        let time = (seconds * 10).rounded() / 10
        return switch status {
        case .ok: rows.map { "\(name): \($0) rows in \(time) s" } ?? "\(name): \(materialized.rawValue) in \(time) s"
        default: "\(name): \(status.rawValue)"
        }
    }
}
