/// How the warehouse keeps a model.
public enum Materialization: String, Sendable, Codable, CaseIterable {
    /// A table, built aside and put in place at once.
    case table
    /// A view.
    case view
    /// A table that later runs add to or update.
    case incremental
    /// Nothing of its own: a common table expression inside the models that use it.
    case ephemeral
}
