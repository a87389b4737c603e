import Core

/// What a served list says about one item.
public struct CatalogueItem: Hashable, Sendable {
    /// The item's id in the shop's own words.
    public var id: String
    /// The fields to show beside the id, such as title and colour: an object.
    public var show: JSONValue

    /// Makes an item.
    public init(id: String, show: JSONValue = .object([:])) {
        self.id = id
        self.show = show
    }
}
