import Core

/// Everything one rendering can see: `ref`, `source`, `var`, `config`, the project's macros and the rest.
///
/// A rendering either discovers (no session: what is read and set is noted, `execute` is false) or runs.
final class ProjectContext {
    /// What a rendering knows of the warehouse while it runs.
    struct Session {
        var connection: any SQLConnection
        /// Whether the model's table is there and is to be added to.
        var isIncremental = false
        var isFullRefresh = false
        var note: (String) -> Void
    }

    let project: SQLProject
    let model: SQLModel?
    let session: Session?
    /// What the rendering read, in order.
    var dependencies: [SQLNode] = []
    /// What `config(…)` set, and where it stood.
    var settings: [(values: [String: JSONValue], location: SourceLocation)] = []
    /// What the thing that is rendered may read; nil allows everything.
    private let allowed: [SQLNode]?
    /// Whether references are looked up; while settings are gathered they are not, since models are not known yet.
    private let looksUp: Bool
    private let globals: JinjaScope
    private let interpreter: JinjaInterpreter

    /// Makes a context for a model, a test or a statement of the project.
    init(
        _ project: SQLProject, model: SQLModel? = nil, allowed: [SQLNode]? = nil, session: Session? = nil,
        looksUp: Bool = true
    ) {
        self.project = project
        self.model = model
        self.allowed = allowed
        self.looksUp = looksUp
        self.session = session
        globals = JinjaScope(JinjaInterpreter.builtins)
        interpreter = JinjaInterpreter(globals: globals)
        interpreter.explainUnknownName = { name in
            name == "dbt_utils" || name == "dbt_expectations"
                ? "the package '\(name)' is not installed: put its folder into dbt_packages/" : nil
        }
        addMacros()
        addFunctions()
    }

    /// Renders statements; see ``JinjaInterpreter/render(_:)``.
    func render(_ statements: [JinjaStatement]) throws -> JinjaOutput { try interpreter.render(statements) }

    /// Renders a piece of text from a properties file, such as a test's `where`.
    func render(text: String, at location: SourceLocation) throws -> String {
        guard text.contains("{{") || text.contains("{%") else { return text }
        return try located(at: location) {
            try interpreter.render(JinjaParser.statements(of: text, file: location.file)).text
        }
    }

    /// The value of an expression in a properties file, such as `ref('users')`.
    func evaluate(text: String, at location: SourceLocation) throws -> JinjaValue {
        try located(at: location) {
            let statements = try JinjaParser.statements(of: "{{ \(text) }}", file: location.file)
            guard statements.count == 1, case .output(let expression) = statements[0] else {
                throw MartletError(.invalidConfiguration, "'\(text)' is not an expression", at: location)
            }
            return try interpreter.evaluate(expression, in: globals)
        }
    }

    /// Calls the macro `name`; nil if there is none.
    func call(
        _ name: String, _ positional: [JinjaValue] = [], named: [(name: String, value: JinjaValue)] = [],
        at location: SourceLocation
    ) throws -> JinjaValue? {
        guard let macro = globals.values[name] else { return nil }
        var call = JinjaCall(
            name: name, positional: positional, named: named, location: location, interpreter: interpreter)
        return try interpreter.apply(macro, &call, in: globals)
    }

    /// Every macro there is, for hints.
    var macroNames: [String] {
        BuiltinMacros.all.map(\.name) + project.files.macros.map(\.macro.name)
    }

    /// A fault inside a text of a properties file gets the place of that text.
    private func located<Result>(at location: SourceLocation, _ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch var error as MartletError {
            error.location = location
            throw error
        }
    }

    // MARK: - Reading

    /// The relation of `node`, noted as read.
    ///
    /// - Throws: `invalidConfiguration` if the first rendering did not see that the model reads it.
    func read(_ node: SQLNode, at location: SourceLocation) throws -> JinjaValue {
        if let allowed, !allowed.contains(node) {
            throw MartletError(
                .invalidConfiguration, "'\(node)' is read here only while the model runs, so the order was not known",
                hint: "put a comment at the top of the file: -- depends_on: {{ ref('\(node)') }}", at: location)
        }
        if !dependencies.contains(node) { dependencies.append(node) }
        guard looksUp else {
            return .object(
                Relation(schema: project.target.schema, identifier: node.description, dialect: project.target.dialect))
        }
        return .object(try project.relation(of: node, at: location))
    }

    // MARK: - Macros

    private func addMacros() {
        let builtin = JinjaMapping()
        for macro in BuiltinMacros.all {
            let function = JinjaValue.function(interpreter.function(of: macro, in: globals))
            globals.values[macro.name] = function
            builtin[macro.name] = function
        }
        globals.values["dbt"] = .mapping(builtin)
        var packages: [String: JinjaMapping] = [project.name: JinjaMapping()]
        for entry in project.files.macros {
            let function = JinjaValue.function(interpreter.function(of: entry.macro, in: globals))
            let macros = packages[entry.package] ?? JinjaMapping()
            macros[entry.macro.name] = function
            packages[entry.package] = macros
            if entry.package == project.name { globals.values[entry.macro.name] = function }
        }
        for (name, macros) in packages { globals.values[name] = .mapping(macros) }
    }

    /// The macro `adapter.dispatch` picks: the database's own, or else the default.
    func dispatched(_ name: String, package: String?) -> JinjaValue? {
        let packages = [project.name, package ?? "dbt"]
        for prefix in [project.target.type + "__", "default__", ""] {
            for package in packages {
                if case .mapping(let macros)? = globals.values[package], let macro = macros[prefix + name] {
                    return macro
                }
            }
            if let macro = globals.values[prefix + name] { return macro }
        }
        return nil
    }

    func define(_ name: String, _ value: JinjaValue) { globals.values[name] = value }

    func define(_ name: String, _ body: @escaping (inout JinjaCall) throws -> JinjaValue) {
        globals.values[name] = .function(JinjaFunction(name: name, body: body))
    }
}
