import Core

/// The answer to a request for features: a column for each feature, a row for each entity asked for.
public struct OnlineFeatures: Sendable {
    /// One feature of all entities.
    public struct Column: Sendable {
        /// The feature's name.
        public var name: String
        /// A value for each entity; null where there is none.
        public var values: [FeatureValue]
        /// What became of each.
        public var statuses: [FeatureStatus]
        /// Since when each is true; 1970 where nothing is known.
        public var timestamps: [FeatureTimestamp]
    }

    /// The columns, in the order in which features were asked for.
    public var columns: [Column]
    /// Why the store did not answer; nil if it did. Every feature is `NOT_FOUND` then.
    public var failure: MartletError?

    /// How many features have a status.
    public func count(of status: FeatureStatus) -> Int {
        columns.reduce(0) { count, column in count + column.statuses.count { $0 == status } }
    }
}
