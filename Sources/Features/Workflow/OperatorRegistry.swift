import Core

/// All operators by the words that name them.
enum OperatorRegistry {
    static let types: [any FeatureOperator.Type] = [
        Categorify.self, FillMissing.self, Clip.self, Log.self, Normalize.self, MinMax.self, Bucketize.self,
        DatePart.self, JoinGroupBy.self, TargetEncoding.self,
    ]

    /// The words, in order.
    static var names: [String] { types.flatMap { $0.names } }

    /// The operator that `name` names.
    static func type(_ name: String) -> (any FeatureOperator.Type)? { types.first { $0.names.contains(name) } }
}

/// Any operator, saved with its word.
struct OperatorBox: Codable, Sendable {
    var name: String
    var body: any FeatureOperator

    init(name: String, body: any FeatureOperator) {
        self.name = name
        self.body = body
    }

    private enum Key: String, CodingKey { case name = "operator", body = "state" }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        guard let type = OperatorRegistry.type(name) else {
            throw MartletError(
                .corrupted, "the saved workflow names an operator '\(name)' that there is not",
                hint: "open it with the version of martlet that saved it")
        }
        body = try type.init(from: container.superDecoder(forKey: .body))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try body.encode(to: container.superEncoder(forKey: .body))
    }
}
