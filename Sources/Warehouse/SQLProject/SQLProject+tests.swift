import Core

extension SQLProject {
    /// Makes the data tests: their names, settings and what they read.
    mutating func resolveTests(_ declared: [PropertiesReader.DeclaredTest], _ diagnostics: Diagnostics) {
        var found: [DataTest] = []
        for test in declared {
            // Tests of a model that does not exist or is switched off have nothing to look at.
            if case .model(let name) = test.node, modelsByName[name] == nil { continue }
            ProjectFiles.collect(diagnostics) { found.append(try generic(test)) }
        }
        for file in files.tests {
            ProjectFiles.collect(diagnostics) { found.append(try singular(file)) }
        }
        found = found.filter(\.isEnabled)
        var counts: [String: Int] = [:]
        tests = found.map { test in
            counts[test.name, default: 0] += 1
            guard let count = counts[test.name], count > 1 else { return test }
            return test.renamed("\(test.name)_\(count)")
        }.sorted { $0.name < $1.name }
    }

    private func generic(_ declared: PropertiesReader.DeclaredTest) throws -> DataTest {
        let context = ProjectContext(self)
        let type = declared.type.split(separator: ".").last.map(String.init) ?? declared.type
        let macro = "test_" + type
        guard context.macroNames.contains(macro) else {
            let kinds = context.macroNames.filter { $0.hasPrefix("test_") }.map { String($0.dropFirst(5)) }
            throw MartletError(
                .notFound, "there is no test '\(declared.type)'",
                hint: nearest(to: type, among: kinds).map { "did you mean '\($0)'?" }
                    ?? "the tests are \(Set(kinds).sorted().joined(separator: ", "))",
                at: declared.location)
        }
        let column = declared.column.map { declared.isQuoted ? target.dialect.quote($0) : $0 }
        var test = DataTest(
            name: declared.name ?? Self.name(of: declared), location: declared.location, path: declared.location.file,
            kind: .generic(name: type, node: declared.node, column: column, arguments: declared.arguments))
        try configure(&test, settings: projectTestSettings() + [(declared.settings, declared.location)])
        // Rendering once finds what the test reads, and faults of its arguments.
        _ = try sql(of: test, context)
        test.dependencies = context.dependencies
        return test
    }

    private func singular(_ file: ProjectFiles.SingularTest) throws -> DataTest {
        let context = ProjectContext(self)
        var test = DataTest(
            name: file.name, location: SourceLocation(file: file.file, line: 1, column: 1), path: file.path,
            kind: .singular(statements: file.statements, text: file.text))
        _ = try context.render(file.statements)
        try configure(&test, settings: projectTestSettings() + context.settings)
        test.dependencies = context.dependencies
        return test
    }

    /// `+severity: warn` and the like, for all tests of the project.
    private func projectTestSettings() -> [(values: [String: JSONValue], location: SourceLocation)] {
        guard let node = files.settings.tests, case .mapping(let entries) = node.content else { return [] }
        var own: [(key: String, location: SourceLocation, value: ConfigurationNode)] = entries
        for entry in entries where entry.key == name {
            if case .mapping(let nested) = entry.value.content { own += nested }
        }
        return own.filter { $0.key.hasPrefix("+") }.map {
            ([String($0.key.dropFirst()): $0.value.json], $0.location)
        }
    }

    private func configure(
        _ test: inout DataTest, settings: [(values: [String: JSONValue], location: SourceLocation)]
    ) throws {
        for (values, location) in settings {
            func fault(_ key: String, _ rule: String, _ value: JSONValue) -> MartletError {
                MartletError(.invalidConfiguration, "'\(key)' \(rule), found \(value)", at: location)
            }
            for (key, value) in values {
                switch key {
                case "severity":
                    guard let severity = value.string.flatMap({ DataTest.Severity(rawValue: $0.lowercased()) }) else {
                        throw fault(key, "must be error or warn", value)
                    }
                    test.severity = severity
                case "where": test.condition = value.string
                case "limit": test.limit = value.integer
                case "enabled": test.isEnabled = value.bool ?? true
                case "tags": test.tags += value.array?.compactMap(\.string) ?? value.string.map { [$0] } ?? []
                case "error_if", "warn_if":
                    guard let text = value.string, FaultCount(text) != nil else {
                        throw fault(key, "must be a comparison such as '> 10'", value)
                    }
                    if key == "error_if" { test.failsIf = text } else { test.warnsIf = text }
                default: break
                }
            }
        }
    }

    /// The query of a test: its rows are the faults.
    func sql(of test: DataTest, _ context: ProjectContext) throws -> JinjaOutput {
        guard case .generic(let type, let node, let column, let arguments) = test.kind else {
            guard case .singular(let statements, _) = test.kind else {
                preconditionFailure("a test is one of two kinds")
            }
            return try context.render(statements)
        }
        var model = try context.read(node, at: test.location)
        if let condition = test.condition {
            let rendered = try context.render(text: condition, at: test.location)
            model = .string("(select * from \(model.text) where \(rendered)) dbt_subquery")
        }
        var named: [(name: String, value: JinjaValue)] = []
        if let column { named.append(("column_name", .string(column))) }
        for (name, value) in arguments.sorted(by: { $0.key < $1.key }) {
            named.append((name, try argument(value, context, at: test.location)))
        }
        let macro =
            files.macros.map(\.macro).first { $0.name == "test_" + type }
            ?? BuiltinMacros.all.first { $0.name == "test_" + type }
        if let macro { try check(macro, type, named, at: test.location) }
        let value = try context.call("test_" + type, named: [("model", model)] + named, at: test.location)
        var output = JinjaOutput()
        output.write(value?.text ?? "", from: test.location, isVerbatim: false)
        return output
    }

    /// An argument in a properties file: `ref(…)` and `source(…)` are expressions, `{{ … }}` is a template.
    private func argument(_ value: JSONValue, _ context: ProjectContext, at location: SourceLocation) throws
        -> JinjaValue
    {
        switch value {
        case .string(let text):
            let trimmed = text.trimmingBlanks()
            if trimmed.hasPrefix("ref(") || trimmed.hasPrefix("source(") {
                return try context.evaluate(text: trimmed, at: location)
            }
            return .string(try context.render(text: text, at: location))
        case .array(let values):
            return .list(JinjaList(try values.map { try argument($0, context, at: location) }))
        default: return JinjaValue(value)
        }
    }

    private func check(
        _ macro: JinjaMacro, _ type: String, _ named: [(name: String, value: JinjaValue)], at location: SourceLocation
    ) throws {
        let known = macro.parameters.map(\.name)
        for argument in named where !known.contains(argument.name) {
            throw MartletError(
                .invalidConfiguration, "the test '\(type)' has no argument '\(argument.name)'",
                hint: nearest(to: argument.name, among: known).map { "did you mean '\($0)'?" }, at: location)
        }
        for parameter in macro.parameters
        where parameter.defaultValue == nil && parameter.name != "model"
            && !named.contains(where: { $0.name == parameter.name })
        {
            throw MartletError(
                .invalidConfiguration, "the test '\(type)' needs the argument '\(parameter.name)'", at: location)
        }
    }

    /// The name dbt gives a test: kind, table, column, then the arguments' words.
    private static func name(of test: PropertiesReader.DeclaredTest) -> String {
        var name = test.type.split(separator: ".").joined(separator: "_")
        switch test.node {
        case .model(let model): name += "_" + model
        case .source(let source, let table): name = "source_\(name)_\(source)_\(table)"
        }
        if let column = test.column { name += "_" + column }
        var words: [String] = []
        for (_, value) in test.arguments.sorted(by: { $0.key < $1.key }) {
            // Python writes truth values with a capital.
            words += (value.array ?? [value]).map {
                $0.bool.map { $0 ? "True" : "False" } ?? $0.string ?? $0.description
            }
        }
        let clean = words.map { word in
            String(
                word.unicodeScalars.map { $0.properties.isAlphabetic || ("0"..."9").contains($0) ? Character($0) : "_" }
            )
        }
        return clean.isEmpty ? name : name + "__" + clean.joined(separator: "__")
    }
}

extension DataTest {
    func renamed(_ name: String) -> DataTest {
        var test = DataTest(name: name, location: location, path: path, kind: kind)
        test.severity = severity
        test.condition = condition
        test.failsIf = failsIf
        test.warnsIf = warnsIf
        test.limit = limit
        test.tags = tags
        test.isEnabled = isEnabled
        test.dependencies = dependencies
        return test
    }
}

/// A comparison with the number of faults: `!= 0`, `> 10`.
struct FaultCount {
    private let sign: String
    private let bound: Int

    init?(_ text: String) {
        let text = text.trimmingBlanks()
        guard let sign = ["!=", ">=", "<=", "<>", "==", "=", ">", "<"].first(where: { text.hasPrefix($0) }),
            let bound = Int(text.dropFirst(sign.count).filter { $0 != " " })
        else { return nil }
        self.sign = sign
        self.bound = bound
    }

    func holds(_ count: Int) -> Bool {
        switch sign {
        case "!=", "<>": count != bound
        case ">=": count >= bound
        case "<=": count <= bound
        case ">": count > bound
        case "<": count < bound
        default: count == bound
        }
    }
}
