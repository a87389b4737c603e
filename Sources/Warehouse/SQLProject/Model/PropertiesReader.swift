import Core

/// Reads the properties files of a project: descriptions, settings and tests of models, and sources.
struct PropertiesReader {
    /// What a properties file says about a model.
    struct DescribedModel {
        var description: String
        var columns: [ColumnDescription]
        var settings: [String: JSONValue]
        var location: SourceLocation
    }

    /// A test as it is declared, before its name is made.
    struct DeclaredTest {
        var type: String
        var node: SQLNode
        var column: String?
        var isQuoted: Bool
        var name: String?
        var arguments: [String: JSONValue]
        var settings: [String: JSONValue]
        var location: SourceLocation
    }

    let project: SQLProject
    let diagnostics: Diagnostics
    var models: [String: DescribedModel] = [:]
    var sources: [SQLSource] = []
    var tests: [DeclaredTest] = []
    /// Variables and the environment, but no references: those belong to models.
    private let context: ProjectContext

    init(project: SQLProject, diagnostics: Diagnostics) {
        self.project = project
        self.diagnostics = diagnostics
        context = ProjectContext(project, looksUp: false)
    }

    /// Other kinds of entries, which have no meaning for building tables.
    private static let others = [
        "version", "seeds", "snapshots", "exposures", "macros", "metrics", "unit_tests", "groups", "analyses",
        "semantic_models", "saved_queries", "functions", "anchors",
    ]

    /// Reads one file.
    mutating func read(_ node: ConfigurationNode) {
        var fields = ConfigurationFields(node, diagnostics: diagnostics)
        for key in Self.others { _ = fields.has(key) }
        for entry in fields.list("models") { readModel(entry) }
        for entry in fields.list("sources") { readSource(entry) }
        // Options of singular tests live beside models; only their settings matter, and those are in the test's file.
        _ = fields.list("data_tests")
        _ = fields.list("tests")
        fields.finish()
    }

    // MARK: - Models

    private mutating func readModel(_ node: ConfigurationNode) {
        var fields = ConfigurationFields(node, path: "models", diagnostics: diagnostics)
        let name = fields.required("name")
        let nodeOfGraph = SQLNode.model(name)
        var described = DescribedModel(
            description: fields.string("description", default: ""), columns: [], settings: settings(&fields),
            location: node.location)
        for key in [
            "docs", "meta", "latest_version", "access", "group", "constraints", "time_spine", "deprecation_date",
            "contract",
        ] {
            _ = fields.has(key)
        }
        if let versions = fields.node("versions") {
            diagnostics.report(
                "versions of models are not supported", hint: "make a model of its own of each version",
                at: versions.location)
        }
        if let tags = fields.node("tags")?.json { described.settings["tags"] = tags }
        readTests(&fields, of: nodeOfGraph, column: nil, isQuoted: false)
        described.columns = readColumns(&fields, of: nodeOfGraph)
        if models.updateValue(described, forKey: name) != nil {
            diagnostics.report(
                "the model '\(name)' is described twice", hint: "keep one description", at: node.location)
        }
        fields.finish()
    }

    private mutating func readColumns(_ fields: inout ConfigurationFields, of node: SQLNode) -> [ColumnDescription] {
        var columns: [ColumnDescription] = []
        for entry in fields.list("columns") {
            var fields = ConfigurationFields(entry, path: "columns", diagnostics: diagnostics)
            let name = fields.required("name")
            columns.append(ColumnDescription(name: name, description: fields.string("description", default: "")))
            for key in ["data_type", "meta", "tags", "constraints", "docs", "config", "policy_tags", "granularity"] {
                _ = fields.has(key)
            }
            let isQuoted = fields.bool("quote", default: false)
            readTests(&fields, of: node, column: name, isQuoted: isQuoted)
            fields.finish()
        }
        return columns
    }

    private func settings(_ fields: inout ConfigurationFields) -> [String: JSONValue] {
        var settings: [String: JSONValue] = [:]
        for (key, _, value) in fields.named("config") {
            settings[key] = render(value)
        }
        return settings
    }

    private func render(_ node: ConfigurationNode) -> JSONValue {
        var value = node.json
        ProjectFiles.collect(diagnostics) { value = try project.rendered(value, context, at: node.location) }
        return value
    }

    // MARK: - Tests

    private mutating func readTests(
        _ fields: inout ConfigurationFields, of node: SQLNode, column: String?, isQuoted: Bool
    ) {
        for entry in fields.list("data_tests") + fields.list("tests") {
            switch entry.content {
            case .scalar(let type, _):
                tests.append(
                    DeclaredTest(
                        type: type, node: node, column: column, isQuoted: isQuoted, arguments: [:], settings: [:],
                        location: entry.location))
            case .mapping(let entries): readTest(entries, entry, of: node, column: column, isQuoted: isQuoted)
            default: diagnostics.report("a test is a name or a mapping, found \(entry.kind)", at: entry.location)
            }
        }
    }

    private static let settingNames = [
        "severity", "where", "warn_if", "error_if", "limit", "enabled", "tags", "store_failures", "fail_calc", "meta",
        "store_failures_as", "group",
    ]

    private mutating func readTest(
        _ entries: [(key: String, location: SourceLocation, value: ConfigurationNode)], _ node: ConfigurationNode,
        of tested: SQLNode, column: String?, isQuoted: Bool
    ) {
        // Either `- unique: {…}`, or `- name: …` with `test_name: unique` beside the arguments.
        var type = entries.count == 1 ? entries[0].key : nil
        var inner = entries.count == 1 ? [] : entries
        if entries.count == 1 {
            switch entries[0].value.content {
            case .mapping(let arguments): inner = arguments
            case .null: break
            default:
                diagnostics.report(
                    "the arguments of '\(entries[0].key)' must be a mapping, found \(entries[0].value.kind)",
                    at: entries[0].value.location)
            }
        }
        var test = DeclaredTest(
            type: "", node: tested, column: column, isQuoted: isQuoted, arguments: [:], settings: [:],
            location: node.location)
        for entry in inner {
            switch entry.key {
            case "test_name": type = entry.value.json.string
            case "name": test.name = entry.value.json.string
            case "description": break
            case "config", "arguments":
                guard case .mapping(let nested) = entry.value.content else {
                    diagnostics.report(
                        "'\(entry.key)' must be a mapping, found \(entry.value.kind)", at: entry.value.location)
                    continue
                }
                for piece in nested {
                    if entry.key == "config" {
                        test.settings[piece.key] = piece.value.json
                    } else {
                        test.arguments[piece.key] = piece.value.json
                    }
                }
            case let key where Self.settingNames.contains(key): test.settings[key] = entry.value.json
            default: test.arguments[entry.key] = entry.value.json
            }
        }
        guard let type else {
            diagnostics.report(
                "this test has no kind", hint: "write '- unique' or '- accepted_values: {…}'", at: node.location)
            return
        }
        test.type = type
        tests.append(test)
    }

    // MARK: - Sources

    private mutating func readSource(_ node: ConfigurationNode) {
        var fields = ConfigurationFields(node, path: "sources", diagnostics: diagnostics)
        let name = fields.required("name")
        let schema = fields.node("schema").map(render)?.string ?? name
        let database = fields.node("database").map(render)?.string
        for key in ["description", "loader", "meta", "quoting", "overrides"] { _ = fields.has(key) }
        let tags = fields.strings("tags")
        let outer = settings(&fields)
        let freshness = readFreshness(&fields, outer: nil)
        for entry in fields.list("tables") {
            var table = ConfigurationFields(entry, path: "sources.tables", diagnostics: diagnostics)
            let tableName = table.required("name")
            let identifier = table.node("identifier").map(render)?.string ?? tableName
            let tableNode = SQLNode.source(name, tableName)
            for key in ["meta", "loader", "quoting", "external", "docs"] { _ = table.has(key) }
            let description = table.string("description", default: "")
            let tableTags = table.strings("tags")
            let inner = settings(&table)
            let tableFreshness = readFreshness(&table, outer: freshness)
            readTests(&table, of: tableNode, column: nil, isQuoted: false)
            let columns = readColumns(&table, of: tableNode)
            table.finish()
            if inner["enabled"]?.bool ?? outer["enabled"]?.bool ?? true {
                sources.append(
                    SQLSource(
                        source: name, table: tableName, database: database, schema: schema, identifier: identifier,
                        description: description, columns: columns, tags: tags + tableTags,
                        freshness: tableFreshness, location: entry.location))
            }
        }
        fields.finish()
    }

    /// `freshness`, `loaded_at_field` and `loaded_at_query`, at the source or table itself or under its `config`.
    private func readFreshness(_ fields: inout ConfigurationFields, outer: SQLSource.Freshness?) -> SQLSource.Freshness?
    {
        var freshness = outer
        var configuration = ConfigurationFields(
            fields.node("config") ?? ConfigurationNode(.null, location: fields.location), diagnostics: Diagnostics())
        let loadedAt = fields.string("loaded_at_field") ?? configuration.string("loaded_at_field")
        let query = fields.string("loaded_at_query") ?? configuration.string("loaded_at_query")
        let isOff = fields.has("freshness") && fields.node("freshness") == nil
        let node = fields.node("freshness") ?? configuration.node("freshness")
        if isOff { return nil }
        if let node {
            var limits = ConfigurationFields(node, path: "freshness", diagnostics: diagnostics)
            var own = outer ?? SQLSource.Freshness()
            own.warnAfter = age("warn_after", &limits) ?? own.warnAfter
            own.errorAfter = age("error_after", &limits) ?? own.errorAfter
            own.filter = limits.string("filter") ?? own.filter
            limits.finish()
            freshness = own
        }
        if loadedAt != nil || query != nil {
            freshness = freshness ?? SQLSource.Freshness()
            freshness?.loadedAt = loadedAt
            freshness?.loadedAtQuery = query
        }
        return freshness
    }

    private func age(_ key: String, _ fields: inout ConfigurationFields) -> Double? {
        guard let node = fields.node(key) else { return nil }
        var inner = ConfigurationFields(node, path: "freshness.\(key)", diagnostics: diagnostics)
        let count = inner.integer("count", in: 0 ... .max)
        let period = inner.choice("period", of: ["minute", "hour", "day"])
        inner.finish()
        guard let count, let period else { return nil }
        return Double(count) * ["minute": 60, "hour": 3600, "day": 86_400][period]!
    }
}
