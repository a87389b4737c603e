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

    /// Names the parts.
    public init(
        configuration: PipelineConfiguration, bundles: BundleStore, activity: any ActivityReader = NoActivity()
    ) {
        self.configuration = configuration
        self.bundles = bundles
        self.activity = activity
    }
}
