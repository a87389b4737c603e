import Core

/// A template by itself, without a project around it.
package struct JinjaTemplate: Sendable {
    private let statements: [JinjaStatement]

    /// Reads a template; `file` is what errors call it.
    ///
    /// - Throws: `invalidConfiguration` with the place of the fault.
    package init(_ text: String, file: String = "template") throws {
        statements = try JinjaParser.statements(of: text, file: file)
    }

    /// What the template writes when it sees `variables`.
    ///
    /// - Throws: `invalidConfiguration` with the place of the fault.
    package func render(_ variables: [String: JSONValue] = [:]) throws -> String {
        let globals = JinjaScope(JinjaInterpreter.builtins)
        for (name, value) in variables { globals.values[name] = JinjaValue(value) }
        return try JinjaInterpreter(globals: globals).render(statements).text
    }
}
