import Core

/// One model of a SQL project: a SELECT that becomes a table or a view.
public struct SQLModel: Sendable {
    /// The name other models refer to, the file's name without its ending.
    public let name: String
    /// The project the model belongs to, or the package it came with.
    public let package: String
    /// The file, as the user would type it.
    public let file: String
    /// The file relative to the project's folder, such as `models/staging/articles_staging.sql`.
    public let path: String
    /// How it is kept, where, and with which tags.
    public internal(set) var configuration: ModelConfiguration
    /// What the model is for, from a properties file.
    public internal(set) var description: String = ""
    /// Its described columns, in the file's order.
    public internal(set) var columns: [ColumnDescription] = []
    /// What it reads, found by a first rendering.
    public internal(set) var dependencies: [SQLNode] = []
    let statements: [JinjaStatement]
    /// The template as written, for errors.
    let text: String

    /// The folders of the file inside its model folder, such as `["staging"]`.
    var folders: [String]
    /// Where the model is mentioned in a properties file.
    var propertiesLocation: SourceLocation?
}

/// A column as a properties file describes it.
public struct ColumnDescription: Sendable, Codable, Equatable {
    /// The column's name.
    public var name: String
    /// What it holds.
    public var description: String
}

/// What a model can read.
public enum SQLNode: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A model of the project.
    case model(String)
    /// A table that is loaded by others: `source('raw', 'transactions')`.
    case source(String, String)

    /// `model_name` or `source.table`.
    public var description: String {
        switch self {
        case .model(let name): name
        case .source(let source, let table): "\(source).\(table)"
        }
    }

    /// Sources come first, then models, each by name.
    public static func < (left: SQLNode, right: SQLNode) -> Bool {
        switch (left, right) {
        case (.source, .model): true
        case (.model, .source): false
        default: left.description < right.description
        }
    }
}
