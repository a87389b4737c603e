/// What a user did lately, as far as events told.
public struct UserActivity: Sendable, Equatable {
    /// An item that the user met.
    public struct Contact: Sendable, Equatable {
        /// The item's id as the shop writes it.
        public var item: String
        /// What the user did with it.
        public var kind: Event.Kind
        /// When, in microseconds since 1970.
        public var time: Int64

        /// Makes a contact; see the properties.
        public init(item: String, kind: Event.Kind, time: Int64) {
            self.item = item
            self.kind = kind
            self.time = time
        }
    }

    /// Views, carts, purchases and clicks, newest first; as many as the server keeps a user.
    public var recent: [Contact]
    /// How many events of each kind there were, the forgotten ones too.
    public var counts: [Event.Kind: Int]

    /// Makes a record of what a user did.
    public init(recent: [Contact] = [], counts: [Event.Kind: Int] = [:]) {
        self.recent = recent
        self.counts = counts
    }
}

/// Answers what users did lately: read by candidate sources and filters for every request, so it must not wait.
public protocol ActivityReader: Sendable {
    /// What `user` did lately; nothing for a user without events.
    func activity(of user: String) -> UserActivity
}
