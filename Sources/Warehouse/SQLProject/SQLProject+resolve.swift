import Core

extension SQLProject {
    /// Settings, sources, tests and references, in that order. All faults are gathered before they are thrown.
    mutating func resolve() throws {
        let diagnostics = Diagnostics()
        var properties = PropertiesReader(project: self, diagnostics: diagnostics)
        for node in files.properties { properties.read(node) }
        try diagnostics.throwIfAny()

        sources = properties.sources.sorted { $0.node < $1.node }
        for source in sources {
            if sourcesByNode.updateValue(source, forKey: source.node) != nil {
                diagnostics.report("the source '\(source.node)' is declared twice", at: source.location)
            }
        }
        var found: [SQLModel] = files.models
        for index in found.indices {
            ProjectFiles.collect(diagnostics) { try configure(&found[index], properties.models[found[index].name]) }
        }
        let names = Set(found.map(\.name))
        for (name, described) in properties.models.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
            let near = nearest(to: name, among: names.sorted()).map { "; did you mean '\($0)'?" } ?? ""
            warnings.append("\(described.location): there is no model '\(name)' to describe\(near)")
        }
        try diagnostics.throwIfAny()
        disabled = Set(found.filter { !$0.configuration.isEnabled }.map(\.name))
        models = found.filter(\.configuration.isEnabled).sorted { $0.name < $1.name }
        modelsByName = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0) })
        try placeModels()
        for index in models.indices {
            ProjectFiles.collect(diagnostics) { models[index].dependencies = try discover(models[index]) }
            modelsByName[models[index].name] = models[index]
        }
        resolveTests(properties.tests, diagnostics)
        try diagnostics.throwIfAny()
        var parents: [SQLNode: [SQLNode]] = [:]
        for source in sources { parents[source.node] = [] }
        for model in models { parents[.model(model.name)] = model.dependencies }
        graph = try SQLGraph(parents) { [modelsByName] node in
            guard case .model(let name) = node, let model = modelsByName[name] else { return nil }
            return SourceLocation(file: model.file, line: 1, column: 1)
        }
        try checkTables()
    }

    /// Settings by folder, then by properties file, then by `config(…)` in the model itself.
    private func configure(_ model: inout SQLModel, _ described: PropertiesReader.DescribedModel?) throws {
        for (settings, location) in files.settings.modelSettings(folders: model.folders, name: model.name) {
            let context = ProjectContext(self, model: model)
            let rendered = try settings.mapValues { try self.rendered($0, context, at: location) }
            try model.configuration.merge(rendered, at: location)
        }
        if let described {
            model.description = described.description
            model.columns = described.columns
            model.propertiesLocation = described.location
            try model.configuration.merge(described.settings, at: described.location)
        }
        // A first rendering only for `config`: references may point at models whose settings are not known yet.
        let context = ProjectContext(self, model: model, looksUp: false)
        _ = try context.render(model.statements)
        for (values, location) in context.settings { try model.configuration.merge(values, at: location) }
    }

    /// Text inside a setting may be a template.
    func rendered(_ value: JSONValue, _ context: ProjectContext, at location: SourceLocation) throws -> JSONValue {
        switch value {
        // A hook is rendered when it runs.
        case .string(let text): .string(text.contains("this") ? text : try context.render(text: text, at: location))
        case .array(let values): .array(try values.map { try rendered($0, context, at: location) })
        default: value
        }
    }

    /// The schemas of all models; the project's own `generate_schema_name` decides where there is one.
    private mutating func placeModels() throws {
        guard files.macros.contains(where: { $0.macro.name == "generate_schema_name" && $0.package == name }) else {
            return
        }
        for model in models {
            let context = ProjectContext(self, model: model, looksUp: false)
            let custom = model.configuration.schema.map(JinjaValue.string) ?? .none
            let location = SourceLocation(file: model.file, line: 1, column: 1)
            let node = JinjaValue.mapping(JinjaMapping(["name": .string(model.name)]))
            if let schema = try context.call("generate_schema_name", [custom, node], at: location) {
                schemas[model.name] = schema.text.trimmingBlanks()
            }
        }
    }

    /// Everything a model reads, by a rendering without a warehouse.
    private func discover(_ model: SQLModel) throws -> [SQLNode] {
        let context = ProjectContext(self, model: model)
        let output = try context.render(model.statements)
        let location = SourceLocation(file: model.file, line: 1, column: 1)
        for hook in model.configuration.preHooks + model.configuration.postHooks {
            _ = try context.render(text: hook, at: location)
        }
        guard !output.text.allSatisfy(\.isWhitespace) else {
            throw MartletError(
                .invalidConfiguration, "the model '\(model.name)' is empty", hint: "write a SELECT into it",
                at: location)
        }
        return context.dependencies.filter { $0 != .model(model.name) }
    }

    /// Two models must not be kept in one table.
    private func checkTables() throws {
        var seen: [String: SQLModel] = [:]
        for model in models where model.configuration.materialized != .ephemeral {
            let table = relation(of: model).plainText.lowercased()
            if let other = seen.updateValue(model, forKey: table) {
                throw MartletError(
                    .invalidConfiguration, "'\(other.name)' and '\(model.name)' would both be kept as \(table)",
                    hint: "change the alias or the schema of one of them",
                    at: SourceLocation(file: model.file, line: 1, column: 1))
            }
        }
    }
}

extension String {
    /// The text without blanks and newlines at its ends.
    func trimmingBlanks() -> String {
        var rest = self[...]
        while rest.first?.isWhitespace ?? false { rest.removeFirst() }
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }
}
