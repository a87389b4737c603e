import Pipeline
import Stores

/// What a server needs to answer from a pipeline beside the lists.
public struct PipelineOptions: Sendable {
    /// The declaration.
    public var configuration: PipelineConfiguration
    /// Where the bundles lie.
    public var bundles: BundleStore
    /// What users did lately.
    public var activity: any ActivityReader
    /// Reads users' features when a request comes; nil takes the bundle's own.
    public var features: (any FeatureReader)?
    /// Reads items' features when a request comes; nil takes the bundle's own.
    public var items: (any ItemFeatureReader)?

    /// Names the parts.
    public init(
        configuration: PipelineConfiguration, bundles: BundleStore, activity: any ActivityReader = NoActivity(),
        features: (any FeatureReader)? = nil, items: (any ItemFeatureReader)? = nil
    ) {
        self.configuration = configuration
        self.bundles = bundles
        self.activity = activity
        self.features = features
        self.items = items
    }
}
