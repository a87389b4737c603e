import Core

/// Where a project's SQL lies, and what it is told.
public struct SQLConfiguration: Sendable {
    /// The folder in dbt's layout, as written in the project file.
    public var folder: String
    /// Values for the SQL's `var(…)`.
    public var variables: [String: JSONValue]
    /// How many models are built at the same time.
    public var threads: Int

    /// Reads `sql:`.
    init(_ fields: inout ConfigurationFields) {
        folder = fields.string("folder", default: "sql")
        variables = Dictionary(fields.named("variables").map { ($0.key, $0.value.json) }) { _, last in last }
        threads = fields.integer("threads", default: 2, in: 1...64)
        fields.finish()
    }
}
