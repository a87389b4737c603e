/// One feature of a view: a name and a type.
public struct FeatureField: Sendable, Hashable {
    /// The feature's name, unique in its view.
    public var name: String
    /// The type of its values.
    public var type: FeatureType

    /// Makes a field.
    public init(_ name: String, _ type: FeatureType) {
        self.name = name
        self.type = type
    }
}
