public import Core

/// A test on data: a query whose rows are the faults.
public struct DataTest: Sendable {
    /// What a failing test does.
    public enum Severity: String, Sendable, Codable {
        /// Ends the build with an error.
        case error
        /// Is told, and that is all.
        case warn
    }

    /// What kind of test it is.
    enum Kind: Sendable {
        /// `unique`, `not_null` or one of the project's own, with its arguments.
        case generic(name: String, node: SQLNode, column: String?, arguments: [String: JSONValue])
        /// A query of its own in `tests/`.
        case singular(statements: [JinjaStatement], text: String)
    }

    /// The test's name, such as `unique_users_customer_id`.
    public let name: String
    /// What a failure does.
    public internal(set) var severity: Severity = .error
    /// Which rows are looked at, as a condition.
    public internal(set) var condition: String?
    /// The number of faults that makes a failure, such as `!= 0` or `> 10`.
    public internal(set) var failsIf = "!= 0"
    /// The number of faults that makes a warning.
    public internal(set) var warnsIf = "!= 0"
    /// At most so many faults are counted.
    public internal(set) var limit: Int?
    /// Words to select by.
    public internal(set) var tags: [String] = []
    /// Whether the test takes part at all.
    var isEnabled = true
    /// What the test reads.
    public internal(set) var dependencies: [SQLNode] = []
    /// Where the test is declared.
    public let location: SourceLocation
    /// The file's path relative to the project's folder.
    let path: String
    let kind: Kind
    /// The tested column, if the test is about one.
    public var column: String? { if case .generic(_, _, let column, _) = kind { column } else { nil } }
    /// `unique`, `not_null`…, or `singular`.
    public var type: String { if case .generic(let name, _, _, _) = kind { name } else { "singular" } }
}
