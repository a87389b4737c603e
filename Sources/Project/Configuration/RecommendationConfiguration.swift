import Core

/// What lists a project makes for its users.
public struct RecommendationConfiguration: Sendable {
    /// How many items a list holds.
    public var k: Int
    /// How many similar items each item gets; 0 for none.
    public var similar: Int
    /// Whether items that a user has are left out.
    public var excludesSeen: Bool
    /// The user column by which new users get a fallback of their own; nil for one fallback for all.
    public var segment: String?
    /// A condition in SQL on the items table that an item must meet to be recommended, such as `in_stock`.
    public var only: String?

    /// Reads `recommend:`.
    init(_ fields: inout ConfigurationFields) {
        k = fields.integer("k", default: 24, in: 1...1000)
        similar = fields.integer("similar", default: 12, in: 0...1000)
        excludesSeen = fields.bool("exclude-seen", default: false)
        segment = fields.string("segment")
        only = fields.string("only")
        fields.finish()
    }

    /// What the step's result depends on.
    var json: JSONValue {
        [
            "k": .integer(Int64(k)), "similar": .integer(Int64(similar)), "exclude-seen": .bool(excludesSeen),
            "segment": segment.map { .string($0) } ?? .null, "only": only.map { .string($0) } ?? .null,
        ]
    }
}
