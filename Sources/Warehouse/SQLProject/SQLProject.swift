public import Core
import Foundation

/// A SQL project in dbt's layout: models, sources, data tests and macros, with what reads what.
///
/// Real dbt builds the same folder to the same tables.
public struct SQLProject: Sendable {
    /// The project's name.
    public var name: String { files.settings.name }
    /// The project's folder.
    public var folder: String { files.folder }
    /// The variables' values: defaults of the project, overridden by the caller.
    public let variables: [String: JSONValue]
    /// Where the project is built.
    public let target: SQLTarget
    /// The models that take part, sorted by name.
    public internal(set) var models: [SQLModel] = []
    /// The declared sources, sorted by name.
    public internal(set) var sources: [SQLSource] = []
    /// The data tests that take part, sorted by name.
    public internal(set) var tests: [DataTest] = []
    /// What reads what.
    public internal(set) var graph: SQLGraph
    /// Things that are allowed but look like mistakes, such as the description of a model that does not exist.
    public internal(set) var warnings: [String] = []

    let files: ProjectFiles
    let environment: [String: String]
    let overrides: [String: JSONValue]
    /// Which run this is.
    let invocation: (id: String, start: Int)
    /// Names of models that are switched off.
    var disabled: Set<String> = []
    /// The schema of each model, where the project has a say in it (`generate_schema_name`).
    var schemas: [String: String] = [:]
    var modelsByName: [String: SQLModel] = [:]
    var sourcesByNode: [SQLNode: SQLSource] = [:]

    /// Reads and checks the project in `folder`.
    ///
    /// - Parameters:
    ///   - folder: the folder with `dbt_project.yml`.
    ///   - variables: values that override those in `dbt_project.yml`.
    ///   - target: where the project will be built, which templates may ask for.
    ///   - environment: what `env_var` sees; nil for the process's own.
    /// - Throws: every fault of every file at once: YAML, Jinja, unknown references (with the nearest name), circles.
    public init(
        folder: String, variables: [String: JSONValue] = [:], target: SQLTarget = SQLTarget(),
        environment: [String: String]? = nil
    ) throws {
        try self.init(
            files: ProjectFiles(folder: folder), overrides: variables, target: target,
            environment: environment ?? ProcessInfo.processInfo.environment)
    }

    init(files: ProjectFiles, overrides: [String: JSONValue], target: SQLTarget, environment: [String: String]) throws {
        self.files = files
        self.overrides = overrides
        self.target = target
        self.environment = environment
        variables = files.settings.variables.merging(overrides) { _, new in new }
        invocation = (UUID().uuidString.lowercased(), Int(Date().timeIntervalSince1970))
        graph = try SQLGraph([:]) { _ in nil }
        try resolve()
    }

    /// The same project with other variables on top, or for another target. The files are not read again.
    ///
    /// - Throws: as ``init(folder:variables:target:environment:)``.
    public func resolved(variables: [String: JSONValue] = [:], target: SQLTarget? = nil) throws -> SQLProject {
        try SQLProject(
            files: files, overrides: overrides.merging(variables) { _, new in new }, target: target ?? self.target,
            environment: environment)
    }

    /// The model named `name`.
    ///
    /// - Throws: `notFound` with the nearest name.
    public func model(_ name: String) throws -> SQLModel {
        if let model = modelsByName[name] { return model }
        throw unknownModel(name, at: nil)
    }
}
