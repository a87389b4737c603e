import Core

extension SQLProject {
    /// The part of the project that `expressions` pick, in dbt's notation, less what `exclude` picks.
    ///
    /// `model`, `+model` (and what it reads), `model+` (and who reads it), `2+model`, `@model`, `tag:x`,
    /// `path:models/staging`, `source:raw.transactions+`, `config.materialized:table`. Words apart unite, words joined
    /// by commas intersect. A test is picked by its own name or with any model or source it looks at.
    ///
    /// - Parameters:
    ///   - expressions: what to pick; empty for everything.
    ///   - exclude: what to leave out.
    /// - Throws: `notFound` if a word picks nothing, with the nearest name; `invalidConfiguration` if it cannot be read.
    public func select(_ expressions: [String] = [], exclude: [String] = []) throws -> SQLSelection {
        let selector = NodeSelector(project: self)
        let nodes: Set<SQLNode>
        var picked: Set<String>
        if expressions.isEmpty {
            nodes = Set(graph.order)
            picked = Set(tests.map(\.name))
        } else {
            let found = try selector.pick(expressions)
            nodes = found.nodes
            picked = found.tests.union(
                tests.filter { test in test.dependencies.contains(where: nodes.contains) }.map(\.name))
            if nodes.isEmpty, picked.isEmpty {
                throw nothingSelected(expressions)
            }
        }
        let excluded = try exclude.isEmpty ? NodeSelector.Picked() : selector.pick(exclude)
        let kept = nodes.subtracting(excluded.nodes)
        picked.subtract(excluded.tests)
        picked.subtract(tests.filter { test in test.dependencies.contains(where: excluded.nodes.contains) }.map(\.name))
        let models = kept.compactMap { if case .model(let name) = $0 { name } else { nil } }
        return SQLSelection(
            models: Set(models), tests: picked,
            sources: kept.filter { if case .source = $0 { true } else { false } })
    }

    private func nothingSelected(_ expressions: [String]) -> MartletError {
        let word = expressions.joined(separator: " ").filter { !"+@".contains($0) }
        return MartletError(
            .notFound, "nothing in the project is selected by '\(expressions.joined(separator: " "))'",
            hint: nearest(to: word, among: models.map(\.name) + tests.map(\.name)).map { "did you mean '\($0)'?" }
                ?? "the models are \(models.map(\.name).joined(separator: ", "))")
    }
}
