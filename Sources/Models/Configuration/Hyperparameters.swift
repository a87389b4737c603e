import Core

/// The hyperparameters of one kind of model: read once from fields, whether these come from `martlet.yml` or from a
/// saved model, and written as JSON with all defaults filled in.
protocol Hyperparameters: Sendable, Equatable {
    /// Reads every key, reporting faults to the fields' diagnostics.
    init(_ fields: inout ConfigurationFields)
    /// All keys with their values, such that reading them again gives an equal value.
    var json: JSONValue { get }
}

extension Hyperparameters {
    /// Reads hyperparameters from JSON.
    ///
    /// - Throws: `invalidConfiguration` for unknown keys and wrong values.
    init(json: JSONValue, kind: String) throws {
        let diagnostics = Diagnostics()
        let node = ConfigurationNode(json: json, location: SourceLocation(file: kind, line: 1, column: 1))
        var fields = ConfigurationFields(node, path: kind, diagnostics: diagnostics)
        self.init(&fields)
        fields.finish()
        try diagnostics.throwIfAny()
    }
}

extension ConfigurationNode {
    /// A JSON document as configuration, every piece at one place.
    init(json: JSONValue, location: SourceLocation) {
        let content: Content =
            switch json {
            case .null: .null
            case .string(let text): .scalar(text, isQuoted: true)
            case .bool, .integer, .number: .scalar(json.description, isQuoted: false)
            case .array(let values): .sequence(values.map { ConfigurationNode(json: $0, location: location) })
            case .object(let members):
                .mapping(
                    members.sorted { $0.key < $1.key }.map {
                        ($0.key, location, ConfigurationNode(json: $0.value, location: location))
                    })
            }
        self.init(content, location: location)
    }
}
