import Core
import Pipeline
import Stores

/// Where a project's lists are published, and how long old versions stay.
public struct PublishingConfiguration: Sendable {
    /// The store.
    public var store: StoreConfiguration
    /// How many versions stay, the live one among them.
    public var keep: Int
    /// How old, in seconds, a version must be before it is removed.
    public var removeAfter: Double
    /// The folder of the bundles that a pipeline answers from.
    public var bundles: String

    /// The bundles.
    public var bundleStore: BundleStore { BundleStore(folder: bundles) }

    /// The file that keeps the last version's catalogue and fallbacks, for a server that starts while the lists' Redis is
    /// away; nil where the lists are on this machine.
    public var listCopy: String? {
        if case .redis = store.kind { "\(bundles)/lists.copy" } else { nil }
    }

    /// Reads `publish:`.
    init(_ fields: inout ConfigurationFields, projectFolder: String) {
        var storeFields = fields.fields("store")
        store = StoreConfiguration(&storeFields, projectFolder: projectFolder)
        keep = fields.integer("keep", default: 3, in: 2...1000)
        removeAfter = fields.duration("remove-after", default: 3600)
        let folder = fields.string("bundles", default: "bundles")
        bundles = folder.hasPrefix("/") ? folder : "\(projectFolder)/\(folder)"
        fields.finish()
    }
}
