import Core

/// One entry of a list of stages: `trending`, or `trending: {take: 50}`.
struct StageEntry {
    /// The stage's word.
    let kind: String
    /// What stands behind it.
    let node: ConfigurationNode
    /// Where it stands.
    let location: SourceLocation
    /// What messages call it.
    let path: String

    /// Reads the list under `key`; faults go to the fields' diagnostics.
    ///
    /// - Returns: nil if the key is absent.
    static func list(_ key: String, kinds: [String], _ fields: inout ConfigurationFields) -> [StageEntry]? {
        guard fields.has(key) else { return nil }
        let diagnostics = fields.diagnostics
        let path = fields.name(of: key)
        return fields.list(key).compactMap { node in
            var found: (kind: String, node: ConfigurationNode)?
            switch node.content {
            case .scalar(let text, _): found = (text, ConfigurationNode(.mapping([]), location: node.location))
            case .mapping(let entries) where entries.count == 1: found = (entries[0].key, entries[0].value)
            default: break
            }
            guard let found else {
                diagnostics.report(
                    "'\(path)' must be a list of stages, found \(node.kind) in it",
                    hint: "write '- \(kinds[0])' or '- \(kinds[0]): {…}'", at: node.location)
                return nil
            }
            guard kinds.contains(found.kind) else {
                diagnostics.report(
                    "'\(path)' names '\(found.kind)', which there is not",
                    hint: nearest(to: found.kind, among: kinds).map { "did you mean '\($0)'?" }
                        ?? "there are \(kinds.joined(separator: ", "))", at: node.location)
                return nil
            }
            return StageEntry(
                kind: found.kind, node: found.node, location: node.location, path: "\(path).\(found.kind)")
        }
    }

    /// The settings behind the word.
    func fields(_ diagnostics: Diagnostics) -> ConfigurationFields {
        ConfigurationFields(node, path: path, diagnostics: diagnostics)
    }
}
