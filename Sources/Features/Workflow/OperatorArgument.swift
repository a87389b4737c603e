import Core

/// How an operator stands in a project: `log`, `fill-missing: 0` or `bucketize: {every: 5}`.
public struct OperatorArgument {
    /// The operator's word.
    public let name: String
    /// What stands behind it; nil if nothing does.
    public let node: ConfigurationNode?
    /// Where it stands.
    public let location: SourceLocation
    /// Where faults go.
    public let diagnostics: Diagnostics
    /// What messages call it, such as `features.user.age.clip`.
    public let path: String

    /// Reports a fault.
    func report(_ message: String, hint: String? = nil) {
        diagnostics.report("'\(path)' \(message)", hint: hint, at: node?.location ?? location)
    }

    /// The keys of the mapping behind the word; an empty mapping if nothing stands there.
    func fields() -> ConfigurationFields {
        ConfigurationFields(
            node ?? ConfigurationNode(.null, location: location), path: path, diagnostics: diagnostics)
    }

    /// Reports whatever stands behind the word of an operator that takes nothing.
    func expectNothing() {
        guard let node else { return }
        if case .null = node.content { return }
        report("takes no settings, found \(node.kind)", hint: "write '- \(name)' alone")
    }

    /// The number that a piece holds; nil if it holds none.
    static func number(_ node: ConfigurationNode) -> Double? {
        guard case .scalar(let text, isQuoted: false) = node.content, let value = Double(text.filter { $0 != "_" }),
            value.isFinite
        else { return nil }
        return value
    }
}
