import Core

/// Hyperparameters as a command line gives them.
public enum BenchSettings {
    /// Reads `key=value` pairs; a value is YAML, such as `0.05`, `bm25`, `[128, 64]` or `null`.
    ///
    /// - Throws: `invalidConfiguration` for a pair without `=` or a value that is no YAML.
    public static func parse(_ pairs: [String]) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        for pair in pairs {
            guard let cut = pair.firstIndex(of: "="), cut > pair.startIndex else {
                throw MartletError(
                    .invalidConfiguration, "'\(pair)' sets nothing", hint: "write a hyperparameter as key=value")
            }
            let key = String(pair[..<cut])
            let value = String(pair[pair.index(after: cut)...])
            members[key] = try ConfigurationNode(yaml: "{value: \(value)}", file: "--set \(key)").json["value"] ?? .null
        }
        return .object(members)
    }
}
