/// The part of a project that a command works on.
public struct SQLSelection: Sendable, Equatable {
    /// The models, by name.
    public var models: Set<String>
    /// The data tests, by name.
    public var tests: Set<String>
    /// The sources.
    public var sources: Set<SQLNode>
}
