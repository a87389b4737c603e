import Core

extension SQLProject {
    /// The finished SELECT of a model, ephemeral models included as common table expressions.
    ///
    /// - Throws: `invalidConfiguration` with the place in the model.
    func compile(_ model: SQLModel, session: ProjectContext.Session?) throws -> CompiledSQL {
        let context = ProjectContext(
            self, model: model, allowed: session == nil ? nil : model.dependencies + [.model(model.name)],
            session: session)
        var compiled = CompiledSQL(try context.render(model.statements))
        try insertExpressions(into: &compiled, reading: model.dependencies, session: session)
        return compiled
    }

    /// The finished query of a test.
    func compile(_ test: DataTest, session: ProjectContext.Session?) throws -> CompiledSQL {
        let context = ProjectContext(self, session: session)
        var compiled = CompiledSQL(try sql(of: test, context))
        try insertExpressions(into: &compiled, reading: test.dependencies, session: session)
        return compiled
    }

    private func insertExpressions(
        into compiled: inout CompiledSQL, reading nodes: [SQLNode], session: ProjectContext.Session?
    ) throws {
        var found: [SQLModel] = []
        func visit(_ node: SQLNode) {
            guard case .model(let name) = node, let model = modelsByName[name],
                model.configuration.materialized == .ephemeral, !found.contains(where: { $0.name == name })
            else { return }
            // What it reads itself must stand before it.
            model.dependencies.forEach(visit)
            found.append(model)
        }
        nodes.forEach(visit)
        let expressions = try found.map { model in
            let context = ProjectContext(self, model: model, allowed: model.dependencies, session: session)
            return (Relation.expressionName(model.name), CompiledSQL(try context.render(model.statements)))
        }
        compiled.prepend(expressions: expressions)
    }
}
