import Core

/// What `dbt_project.yml` says.
struct ProjectSettings: Sendable {
    var name: String
    var modelPaths: [String]
    var macroPaths: [String]
    var testPaths: [String]
    var variables: [String: JSONValue]
    /// Settings by folder, under `models:`.
    var models: ConfigurationNode?
    /// Settings of all data tests, under `data_tests:` or `tests:`.
    var tests: ConfigurationNode?
    /// Statements run before the first model and after the last test.
    var onRunStart: [String]
    var onRunEnd: [String]
    var file: String

    /// Keys that other tools read; they are allowed and have no meaning here.
    private static let others = [
        "version", "config-version", "profile", "seed-paths", "analysis-paths", "snapshot-paths", "docs-paths",
        "asset-paths", "function-paths", "target-path", "clean-targets", "log-path", "packages-install-path", "seeds",
        "snapshots", "sources", "analyses", "unit_tests", "exposures", "metrics", "functions", "flags", "dispatch",
        "quoting", "query-comment", "require-dbt-version", "restrict-access", "semantic-models", "saved-queries",
        "dbt-cloud", "config-paths",
    ]

    /// Reads the file.
    ///
    /// - Throws: `invalidConfiguration` with every fault found.
    init(_ text: String, file: String) throws {
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(try ConfigurationNode(yaml: text, file: file), diagnostics: diagnostics)
        self.file = file
        name = fields.required("name", hint: "give the project a name, such as 'name: shop'")
        func paths(_ keys: String..., fallback: [String]) -> [String] {
            for key in keys where fields.has(key) { return fields.strings(key) }
            return fallback
        }
        modelPaths = paths("model-paths", "source-paths", fallback: ["models"])
        macroPaths = paths("macro-paths", fallback: ["macros"])
        testPaths = paths("test-paths", fallback: ["tests"])
        variables = [:]
        for (key, _, value) in fields.named("vars") {
            // Variables under the project's own name are this project's.
            if key == name, case .mapping(let own) = value.content {
                for entry in own { variables[entry.key] = entry.value.json }
            } else {
                variables[key] = value.json
            }
        }
        models = fields.node("models")
        tests = fields.node("data_tests") ?? fields.node("tests")
        _ = fields.node("tests")
        onRunStart = fields.strings("on-run-start")
        onRunEnd = fields.strings("on-run-end")
        for key in Self.others { _ = fields.has(key) }
        fields.finish()
        try diagnostics.throwIfAny()
    }

    /// Gathers the settings under `models:` that hold for a file in `folders`, outermost first.
    ///
    /// A key with `+`, or one whose value is no mapping, is a setting; any other key is a folder. The first level may
    /// be the project's name.
    func modelSettings(folders: [String], name model: String) -> [(
        settings: [String: JSONValue], location: SourceLocation
    )] {
        guard let models else { return [] }
        var found: [(settings: [String: JSONValue], location: SourceLocation)] = []
        func descend(_ node: ConfigurationNode, _ path: ArraySlice<String>, isTop: Bool) {
            guard case .mapping(let entries) = node.content else { return }
            for entry in entries {
                let isMapping = if case .mapping = entry.value.content { true } else { false }
                if entry.key.hasPrefix("+") {
                    found.append(([String(entry.key.dropFirst()): entry.value.json], entry.value.location))
                } else if !isMapping {
                    found.append(([entry.key: entry.value.json], entry.value.location))
                }
            }
            for entry in entries where !entry.key.hasPrefix("+") {
                guard case .mapping = entry.value.content else { continue }
                if isTop, entry.key == name {
                    descend(entry.value, path, isTop: false)
                } else if !isTop || entry.key != name, path.first == entry.key {
                    descend(entry.value, path.dropFirst(), isTop: false)
                }
            }
        }
        descend(models, (folders + [model])[...], isTop: true)
        return found
    }
}
