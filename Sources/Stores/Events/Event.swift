/// One thing that a user did with one item, or that was done to them: an impression is a list shown.
public struct Event: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        case view, cart, purchase, impression, click
    }

    /// Tells a repeated delivery from a repeated deed: an event whose id was seen before is acknowledged and dropped.
    public var id: String
    /// What happened.
    public var kind: Kind
    /// The user's id as the shop writes it.
    public var user: String
    /// The item's id as the shop writes it.
    public var item: String
    /// When it happened, in microseconds since 1970.
    public var time: Int64
    /// The answer in which the item was shown, where the shop passes it on: joins impressions and clicks to what was
    /// logged of that answer.
    public var request: String?

    /// Makes an event; see the properties.
    public init(id: String, kind: Kind, user: String, item: String, time: Int64, request: String? = nil) {
        self.id = id
        self.kind = kind
        self.user = user
        self.item = item
        self.time = time
        self.request = request
    }
}
