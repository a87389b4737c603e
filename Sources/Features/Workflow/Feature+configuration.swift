import Core

extension Feature {
    /// Reads a feature: `age: [fill-missing: 0, normalize]`, `age: normalize`, `age:` (chosen by type), or
    /// `birth_year: {from: born, operators: [year]}`.
    init?(
        name: String, group: FeatureGroup, at location: SourceLocation, _ node: ConfigurationNode, path: String,
        diagnostics: Diagnostics
    ) {
        var source: String? = name
        var list: ConfigurationNode? = node
        if case .mapping = node.content, !Self.isOperator(node) {
            var fields = ConfigurationFields(node, path: path, diagnostics: diagnostics)
            source = fields.string("from", default: name)
            list = fields.node("operators")
            fields.finish()
        }
        var operators: [(String, any FeatureOperator)] = []
        switch list?.content {
        case nil, .null: break
        case .sequence(let nodes):
            for node in nodes {
                guard let step = Self.step(node, path: path, diagnostics: diagnostics) else { return nil }
                operators.append(step)
            }
        default:
            guard let node = list, let step = Self.step(node, path: path, diagnostics: diagnostics) else { return nil }
            operators = [step]
        }
        for (index, step) in operators.enumerated() where step.1 is JoinGroupBy {
            if index > 0 {
                diagnostics.report("'\(path)': join-group-by must be the first operator", at: node.location)
            }
            if group == .context {
                diagnostics.report(
                    "'\(path)': join-group-by belongs to users or items, not to the moment",
                    hint: "move it below 'features.user' or 'features.item'", at: node.location)
            }
            source = nil
        }
        self.init(name: name, group: group, source: source, named: operators)
    }

    /// Whether a mapping is one operator with its settings rather than a feature's own keys.
    private static func isOperator(_ node: ConfigurationNode) -> Bool {
        guard case .mapping(let entries) = node.content, entries.count == 1 else { return false }
        return !["from", "operators"].contains(entries[0].key)
    }

    private static func step(
        _ node: ConfigurationNode, path: String, diagnostics: Diagnostics
    ) -> (String, any FeatureOperator)? {
        let name: String
        var argument: ConfigurationNode?
        switch node.content {
        case .scalar(let text, _): name = text
        case .mapping(let entries) where entries.count == 1:
            name = entries[0].key
            argument = entries[0].value
            if case .null = entries[0].value.content { argument = nil }
        default:
            diagnostics.report(
                "'\(path)' must be a list of operators, found \(node.kind)",
                hint: "write '[fill-missing: 0, categorify]'", at: node.location)
            return nil
        }
        guard let type = OperatorRegistry.type(name) else {
            diagnostics.report(
                "'\(path)' names an operator '\(name)' that there is not",
                hint: nearest(to: name, among: OperatorRegistry.names).map { "did you mean '\($0)'?" }
                    ?? "the operators are \(OperatorRegistry.names.joined(separator: ", "))", at: node.location)
            return nil
        }
        return (
            name,
            type.init(
                OperatorArgument(
                    name: name, node: argument, location: node.location, diagnostics: diagnostics,
                    path: "\(path).\(name)"))
        )
    }
}
