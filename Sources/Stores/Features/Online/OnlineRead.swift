/// Keys to read, and which views' features of each.
public struct OnlineRead: Sendable {
    /// A view and those of its features that are wanted.
    public struct View: Sendable {
        /// The view's name.
        public var name: String
        /// The hash of each wanted feature.
        public var fields: [UInt32]

        /// Names a view and the hashes of its wanted features.
        public init(name: String, fields: [UInt32]) {
            self.name = name
            self.fields = fields
        }
    }

    /// The entities' keys, each once, the project's name in them.
    public var keys: [[UInt8]]
    /// The views.
    public var views: [View]

    /// Makes a group.
    public init(keys: [[UInt8]], views: [View]) {
        self.keys = keys
        self.views = views
    }
}

/// What a store knows of one entity in one view.
public struct OnlineRecord: Sendable, Hashable {
    /// Since when the values are true; nil if the view knows nothing of the entity.
    public var timestamp: FeatureTimestamp?
    /// A value for each wanted feature; nil where the store has none, or bytes that are no value.
    public var values: [FeatureValue?]

    /// Makes a record.
    public init(timestamp: FeatureTimestamp? = nil, values: [FeatureValue?]) {
        self.timestamp = timestamp
        self.values = values
    }
}

/// What is written of one entity in one view.
public struct OnlineRow: Sendable {
    /// The entity's key, the project's name in it.
    public var key: [UInt8]
    /// Since when the values are true.
    public var timestamp: FeatureTimestamp
    /// A value for each feature; nil leaves what is there.
    public var values: [FeatureValue?]

    /// Makes a row.
    public init(key: [UInt8], timestamp: FeatureTimestamp, values: [FeatureValue?]) {
        self.key = key
        self.timestamp = timestamp
        self.values = values
    }
}
