/// An item as the pages name it.
public struct ShownItem: Sendable, Hashable {
    /// The item's id.
    public var id: String
    /// Its title; empty where the project names none.
    public var title: String

    /// Names an item.
    public init(id: String, title: String) {
        self.id = id
        self.title = title
    }
}

/// What is known of a user, and the list they get.
public struct ShopperFacts: Sendable {
    /// One contact with an item.
    public struct Contact: Sendable {
        /// The item.
        public var item: ShownItem
        /// When, in seconds since 1970.
        public var time: Int64

        /// Makes a contact.
        public init(item: ShownItem, time: Int64) {
            self.item = item
            self.time = time
        }
    }

    /// One place of the list.
    public struct Recommended: Sendable {
        /// The item.
        public var item: ShownItem
        /// What the model ranks it by.
        public var score: Double
        /// Items of the user's history to which this one is similar, the most similar first.
        public var because: [ShownItem]
        /// Why it stands where it stands, a line a reason; empty without a pipeline.
        public var reasons: [String]

        /// Makes a place of a list.
        public init(item: ShownItem, score: Double, because: [ShownItem] = [], reasons: [String] = []) {
            self.item = item
            self.score = score
            self.because = because
            self.reasons = reasons
        }
    }

    /// The user's id.
    public var user: String
    /// Whether the user is in the data.
    public var isKnown: Bool
    /// How many contacts with items are known.
    public var contacts: Int
    /// The latest contacts, the newest first.
    public var history: [Contact]
    /// The version that the list is of; nil if nothing is published.
    public var version: Int?
    /// The published list.
    public var list: [Recommended]
    /// Whether the list is the fallback, for want of one of the user's own.
    public var isFallback: Bool
    /// What the pipeline answers now; nil without a pipeline.
    public var answer: [Recommended]?
    /// Why the pipeline gave no answer.
    public var answerFault: String?

    /// Makes the facts of a user of whom nothing is known yet.
    public init(user: String) {
        self.user = user
        isKnown = false
        contacts = 0
        history = []
        list = []
        isFallback = false
    }
}

/// An item and those like it.
public struct ItemFacts: Sendable {
    /// The item.
    public var item: ShownItem
    /// What is shown of it, by name.
    public var shown: [String: String]
    /// The similar items, the most similar first.
    public var similar: [(item: ShownItem, score: Double)]

    /// Makes an item's facts.
    public init(item: ShownItem, shown: [String: String], similar: [(item: ShownItem, score: Double)]) {
        self.item = item
        self.shown = shown
        self.similar = similar
    }
}

/// Items in two dimensions.
public struct ItemMap: Sendable {
    /// One item.
    public struct Point: Sendable {
        /// The item.
        public var item: ShownItem
        /// The first principal component.
        public var x: Double
        /// The second.
        public var y: Double
        /// The place of its group in ``ItemMap/groups``.
        public var group: Int
        /// How often it was taken, against the item taken most often, in 0…1.
        public var popularity: Double

        /// Makes a point.
        public init(item: ShownItem, x: Double, y: Double, group: Int, popularity: Double) {
            self.item = item
            self.x = x
            self.y = y
            self.group = group
            self.popularity = popularity
        }
    }

    /// The model whose vectors these are.
    public var model: String
    /// What the colours mean, the largest group first.
    public var groups: [String]
    /// The items.
    public var points: [Point]
    /// The share of the vectors' variance that the two directions hold.
    public var explained: Double

    /// Makes a map.
    public init(model: String, groups: [String], points: [Point], explained: Double) {
        self.model = model
        self.groups = groups
        self.points = points
        self.explained = explained
    }
}
