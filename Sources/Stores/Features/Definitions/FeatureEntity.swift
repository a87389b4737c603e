/// What features are about: a user, an item.
public struct FeatureEntity: Sendable, Hashable {
    /// The entity's name.
    public var name: String
    /// The column, and the member of a request, that holds its key.
    public var joinKey: String
    /// The key's type.
    public var type: FeatureType

    /// Makes an entity; the type must be one that a key can have.
    public init(name: String, joinKey: String, type: FeatureType) {
        precondition(type.canBeKey, "an entity's key is bytes, string, int32, int64 or unix_timestamp")
        self.name = name
        self.joinKey = joinKey
        self.type = type
    }
}
