import Core
import Stores

/// Where a project's lists are published, and how long old versions stay.
public struct PublishingConfiguration: Sendable {
    /// The store.
    public var store: StoreConfiguration
    /// How many versions stay, the live one among them.
    public var keep: Int
    /// How old, in seconds, a version must be before it is removed.
    public var removeAfter: Double

    /// Reads `publish:`.
    init(_ fields: inout ConfigurationFields, projectFolder: String) {
        var storeFields = fields.fields("store")
        store = StoreConfiguration(&storeFields, projectFolder: projectFolder)
        keep = fields.integer("keep", default: 3, in: 2...1000)
        removeAfter = fields.duration("remove-after", default: 3600)
        fields.finish()
    }
}
