import Stores

/// What a reader of items' features knows of their changes.
public struct ItemFeatureChanges: Sendable {
    /// Tells of them.
    public var changes: FeatureChanges
    /// The id of the item that a key of the store belongs to; nil if it is none of these items.
    public var id: @Sendable (_ key: [UInt8]) -> String?
    /// Whether changes of an item are told by this very id, and not by another writing of it.
    public var isTold: @Sendable (_ id: String) -> Bool
    /// Seconds after which the first of the features is too old; nil: they stay.
    public var shortestTTL: Double?
    /// The time by which features are too old.
    public var now: @Sendable () -> FeatureTimestamp

    /// Makes one; see the properties.
    public init(
        _ changes: FeatureChanges, id: @escaping @Sendable (_ key: [UInt8]) -> String?,
        isTold: @escaping @Sendable (_ id: String) -> Bool = { _ in true }, shortestTTL: Double? = nil,
        now: @escaping @Sendable () -> FeatureTimestamp = { .now }
    ) {
        self.changes = changes
        self.id = id
        self.isTold = isTold
        self.shortestTTL = shortestTTL
        self.now = now
    }
}
