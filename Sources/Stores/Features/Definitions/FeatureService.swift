/// Features of several views that one model asks for together.
public struct FeatureService: Sendable, Hashable {
    /// The service's name.
    public var name: String
    /// What it consists of: `view:feature`, or `view` for all of a view's features.
    public var features: [String]

    /// Makes a service.
    public init(name: String, features: [String]) {
        self.name = name
        self.features = features
    }
}
