/// Features that are known of the same entities and change together.
public struct FeatureView: Sendable, Hashable {
    /// The view's name, unique in its project.
    public let name: String
    /// The entities, in the order of their join keys' names.
    public let entities: [FeatureEntity]
    /// The features.
    public let fields: [FeatureField]
    /// How old, in seconds, values may be before they are marked `OUTSIDE_MAX_AGE`; nil: any age.
    public let ttl: Double?
    /// Where the values come from; nil for a view that is only pushed to.
    public let source: FeatureSource?
    /// The name under which rows are pushed into the view.
    public let pushName: String
    /// The hash field of each feature: murmur3 of `view:feature`.
    package let hashes: [UInt32]

    /// Makes a view.
    ///
    /// - Parameter pushName: the name for pushes; the view's own unless said otherwise.
    public init(
        name: String, entities: [FeatureEntity], fields: [FeatureField], ttl: Double? = nil,
        source: FeatureSource? = nil, pushName: String? = nil
    ) {
        self.name = name
        self.entities = entities.sorted { $0.joinKey.utf8.lexicographicallyPrecedes($1.joinKey.utf8) }
        self.fields = fields
        self.ttl = ttl
        self.source = source
        self.pushName = pushName ?? name
        hashes = fields.map { Self.hash(view: name, feature: $0.name) }
    }

    /// The names of the join keys, sorted.
    public var joinKeys: [String] { entities.map(\.joinKey) }

    /// Where a feature stands in ``fields``, or nil.
    public func index(of feature: String) -> Int? { fields.firstIndex { $0.name == feature } }

    /// The number under which a feature's value stands in the entity's hash; its bytes are little-endian.
    package static func hash(view: String, feature: String) -> UInt32 { Murmur3.hash("\(view):\(feature)".utf8) }

    /// The key of one entity.
    ///
    /// - Parameter values: one value for each of ``entities``, in that order, of their types.
    package func key(_ values: [FeatureValue], project: String) -> [UInt8] {
        var bytes = EntityKey.header(joinKeys)
        for value in values { EntityKey.append(value, to: &bytes) }
        bytes.append(contentsOf: project.utf8)
        return bytes
    }
}
