public import Core

/// A model's settings, from `dbt_project.yml`, then the properties file, then `config(…)` in the model: later ones win.
public struct ModelConfiguration: Sendable {
    /// How the warehouse keeps the model.
    public var materialized: Materialization = .view
    /// The schema's suffix or name, as `generate_schema_name` makes of it; nil for the target's schema.
    public var schema: String?
    /// The table's name where it differs from the model's.
    public var alias: String?
    /// Words to select by.
    public var tags: [String] = []
    /// Whether the model takes part at all.
    public var isEnabled = true
    /// The columns that tell rows apart in an incremental model.
    public var uniqueKey: [String] = []
    /// `append` or `delete+insert`.
    public var incrementalStrategy: String?
    /// Whether a full refresh rebuilds an incremental model; nil follows the command line.
    public var fullRefresh: Bool?
    /// `ignore` or `fail` when an incremental model's columns change.
    public var onSchemaChange = "ignore"
    /// Statements run before the model, in order.
    public var preHooks: [String] = []
    /// Statements run after the model, in order.
    public var postHooks: [String] = []
    /// Everything as written, for `config.get`.
    public var values: [String: JSONValue] = [:]
}

extension ModelConfiguration {
    /// Takes over the settings in `settings`.
    ///
    /// Tags add up, all else replaces. Keys nobody here knows are kept for `config.get`, since each warehouse has its own.
    ///
    /// - Throws: `invalidConfiguration` at `location` for a value of the wrong kind.
    mutating func merge(_ settings: [String: JSONValue], at location: SourceLocation) throws {
        func fault(_ key: String, _ rule: String, _ value: JSONValue, hint: String? = nil) -> MartletError {
            MartletError(.invalidConfiguration, "'\(key)' \(rule), found \(value)", hint: hint, at: location)
        }
        func texts(_ key: String, _ value: JSONValue) throws -> [String] {
            switch value {
            case .null: return []
            case .string(let text): return [text]
            case .array(let values):
                return try values.map {
                    if let text = $0.string ?? $0["sql"]?.string { return text }
                    throw fault(key, "must be text or a list of texts", value)
                }
            case .object: if let text = value["sql"]?.string { return [text] }
            default: break
            }
            throw fault(key, "must be text or a list of texts", value)
        }
        func text(_ key: String, _ value: JSONValue) throws -> String? {
            if case .null = value { return nil }
            if let text = value.string { return text }
            throw fault(key, "must be text", value)
        }
        func truth(_ key: String, _ value: JSONValue) throws -> Bool {
            if let truth = value.bool ?? ["true": true, "false": false][(value.string ?? "").lowercased()] {
                return truth
            }
            throw fault(key, "must be true or false", value)
        }
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            values[key] = value
            switch key {
            case "materialized":
                let choices = Materialization.allCases.map(\.rawValue)
                guard let choice = value.string.flatMap(Materialization.init(rawValue:)) else {
                    throw fault(
                        key, "must be one of \(choices.joined(separator: ", "))", value,
                        hint: nearest(to: value.string ?? "", among: choices).map { "did you mean '\($0)'?" })
                }
                materialized = choice
            case "schema": schema = try text(key, value)
            case "alias": alias = try text(key, value)
            case "tags": tags += try texts(key, value).filter { !tags.contains($0) }
            case "enabled": isEnabled = try truth(key, value)
            case "unique_key": uniqueKey = try texts(key, value)
            case "full_refresh":
                if case .null = value { fullRefresh = nil } else { fullRefresh = try truth(key, value) }
            case "incremental_strategy":
                incrementalStrategy = try text(key, value)
                let choices = ["append", "delete+insert"]
                if let incrementalStrategy, !choices.contains(incrementalStrategy) {
                    throw fault(
                        key, "must be one of \(choices.joined(separator: ", "))", value,
                        hint: "'delete+insert' with a unique_key gives the same rows as a merge")
                }
            case "on_schema_change":
                onSchemaChange = try text(key, value) ?? "ignore"
                if !["ignore", "fail"].contains(onSchemaChange) {
                    throw fault(
                        key, "must be ignore or fail", value,
                        hint: "rebuild the model with a full refresh to change its columns")
                }
            case "pre_hook", "pre-hook": preHooks += try texts(key, value)
            case "post_hook", "post-hook": postHooks += try texts(key, value)
            default: break
            }
        }
    }
}
