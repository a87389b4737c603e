import Core

extension ProjectContext {
    /// Defines what dbt offers inside a template.
    func addFunctions() {
        let target = project.target
        define("ref") { [unowned self] call in try self.reference(&call) }
        define("source") { [unowned self] call in
            let (source, table) = (try call.text("source_name"), try call.text("table_name"))
            try call.finish()
            return try self.read(.source(source, table), at: call.location)
        }
        define("env_var") { [unowned self] call in
            let name = try call.text("var")
            if let value = self.project.environment[name] { return .string(value) }
            if let fallback = call.argument("default") { return fallback }
            throw call.fault(
                "the environment variable '\(name)' is not set",
                hint: "set it, or give a default: env_var('\(name)', 'default')")
        }
        define("is_incremental") { [unowned self] call in .bool(self.session?.isIncremental ?? false) }
        define("should_full_refresh") { [unowned self] call in .bool(self.session?.isFullRefresh ?? false) }
        define("execute", .bool(session != nil))
        define("project_name", .string(project.name))
        define("dbt_version", .string("1.11.0"))
        define("invocation_id", .string(project.invocation.id))
        define("run_started_at", .object(RunTime(project.invocation.start)))
        define("adapter", .object(AdapterObject(self)))
        define("api", .object(JinjaRecord("api", ["Relation": .object(RelationFactory(target.dialect))])))
        define("flags", .object(JinjaRecord("flags", ["FULL_REFRESH": .bool(session?.isFullRefresh ?? false)])))
        let database = target.database.map(JinjaValue.string) ?? .none
        define(
            "target",
            .object(
                JinjaRecord(
                    "target",
                    [
                        "name": .string(target.name), "type": .string(target.type), "schema": .string(target.schema),
                        "database": database, "dbname": database, "threads": .integer(target.threads),
                        "profile_name": .string(project.name),
                    ])))
        addVariables()
        addMessages()
        define("run_query") { [unowned self] call in
            let sql = try call.text("sql")
            guard let session = self.session else { return .none }
            do {
                return .object(try QueryResult(session.connection.query(sql)))
            } catch {
                throw MartletError(
                    .invalidData, "the warehouse refused the query of 'run_query'", at: call.location, underlying: error
                )
            }
        }
        addModel()
    }

    private func reference(_ call: inout JinjaCall) throws -> JinjaValue {
        let first = try call.text("model_name")
        let second = call.argument("name")?.string
        _ = call.named.first { $0.name == "v" || $0.name == "version" }
        if let second {
            guard first == project.name else {
                throw call.fault(
                    "there is no package '\(first)'",
                    hint: "the models here belong to '\(project.name)': ref('\(second)') is enough")
            }
            return try read(.model(second), at: call.location)
        }
        return try read(.model(first), at: call.location)
    }

    private func addVariables() {
        let variables = project.variables
        let read = JinjaFunction(name: "var") { call in
            let name = try call.text("name")
            if let value = variables[name] { return JinjaValue(value) }
            if let fallback = call.argument("default") { return fallback }
            throw call.fault(
                "the variable '\(name)' has no value",
                hint: nearest(to: name, among: variables.keys.sorted()).map { "did you mean '\($0)'?" }
                    ?? "give it one under 'vars' in dbt_project.yml, or a default: var('\(name)', 'default')")
        }
        let has = JinjaFunction(name: "has_var") { call in .bool(variables[try call.text("name")] != nil) }
        define("var", .object(JinjaRecord("var", ["has_var": .function(has)], callable: read)))
    }

    private func addMessages() {
        define("log") { [unowned self] call in
            let message = try call.required("msg").text
            if call.argument("info")?.isTrue ?? false { self.session?.note(message) }
            return .string("")
        }
        define("print") { [unowned self] call in
            self.session?.note(try call.required("msg").text)
            return .string("")
        }
        let refuse = JinjaFunction(name: "raise_compiler_error") { call in throw call.fault(try call.text("msg")) }
        let warn = JinjaFunction(name: "warn") { [unowned self] call in
            self.session?.note(try call.text("msg"))
            return .string("")
        }
        define(
            "exceptions",
            .object(JinjaRecord("exceptions", ["raise_compiler_error": .function(refuse), "warn": .function(warn)])))
    }

    private func addModel() {
        let note = JinjaFunction(name: "config") { [unowned self] call in
            var values: [String: JSONValue] = [:]
            if case .mapping(let mapping)? = call.positional.first {
                for entry in mapping.entries { values[entry.key.text] = entry.value.json }
            }
            for argument in call.named { values[argument.name] = argument.value.json }
            self.settings.append((values, call.location))
            return .string("")
        }
        let known = model?.configuration.values ?? [:]
        let get = JinjaFunction(name: "config.get") { call in
            let name = try call.text("name")
            return known[name].map { JinjaValue($0) } ?? call.argument("default") ?? .none
        }
        let require = JinjaFunction(name: "config.require") { call in
            let name = try call.text("name")
            if let value = known[name] { return JinjaValue(value) }
            throw call.fault("the setting '\(name)' has no value", hint: "set it with config(\(name)=…)")
        }
        define(
            "config",
            .object(JinjaRecord("config", ["get": .function(get), "require": .function(require)], callable: note)))
        guard let model else { return }
        let relation = project.relation(of: model)
        define("this", .object(relation))
        let tags = JinjaValue.list(JinjaList(model.configuration.tags.map { .string($0) }))
        let configuration = JinjaValue(.object(known))
        define(
            "model",
            .mapping(
                JinjaMapping([
                    "name": .string(model.name), "alias": .string(relation.identifier),
                    "schema": .string(relation.schema), "path": .string(model.path),
                    "unique_id": .string("model.\(project.name).\(model.name)"),
                    "package_name": .string(project.name), "resource_type": .string("model"), "tags": tags,
                    "config": configuration,
                ])))
    }
}
