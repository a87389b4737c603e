import Core

extension SQLProject {
    /// The table of a model or source.
    ///
    /// - Throws: `invalidConfiguration` with the nearest name if there is no such model or source.
    func relation(of node: SQLNode, at location: SourceLocation) throws -> Relation {
        switch node {
        case .model(let name):
            guard let model = modelsByName[name] else { throw unknownModel(name, at: location) }
            return relation(of: model)
        case .source(let name, let table):
            guard let source = sourcesByNode[node] else { throw unknownSource(name, table, at: location) }
            return Relation(
                database: source.database, schema: source.schema, identifier: source.identifier,
                dialect: target.dialect)
        }
    }

    /// The table of a model.
    func relation(of model: SQLModel) -> Relation {
        let isExpression = model.configuration.materialized == .ephemeral
        return Relation(
            schema: schemas[model.name] ?? defaultSchema(custom: model.configuration.schema),
            identifier: isExpression ? model.name : model.configuration.alias ?? model.name, dialect: target.dialect,
            isExpression: isExpression)
    }

    /// What dbt makes of a model's own schema: the target's schema, an underscore, the model's.
    func defaultSchema(custom: String?) -> String { custom.map { "\(target.schema)_\($0)" } ?? target.schema }

    func unknownModel(_ name: String, at location: SourceLocation?) -> MartletError {
        if disabled.contains(name) {
            return MartletError(
                .notFound, "the model '\(name)' is switched off", hint: "set its 'enabled' to true", at: location)
        }
        let names = modelsByName.keys.sorted()
        return MartletError(
            .notFound, "there is no model '\(name)'",
            hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? (names.count <= 20 ? "the models are \(names.joined(separator: ", "))" : nil),
            at: location)
    }

    private func unknownSource(_ name: String, _ table: String, at location: SourceLocation) -> MartletError {
        let names = sources.map { "\($0.source).\($0.table)" }
        return MartletError(
            .notFound, "there is no source '\(name)' with the table '\(table)'",
            hint: nearest(to: "\(name).\(table)", among: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty
                    ? "declare it under 'sources' in a .yml file of the models folder"
                    : "the sources are \(names.joined(separator: ", "))"),
            at: location)
    }
}
