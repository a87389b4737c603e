/// The way of items through the pipeline, for one request.
public struct Explanation: Sendable {
    /// How one item fared.
    public struct Item: Sendable {
        /// A source that proposed it.
        public struct Proposal: Sendable, Equatable {
            /// The source's name.
            public var source: String
            /// Its place in the source's list, counted from 1.
            public var rank: Int
            /// The source's score.
            public var score: Float
        }

        /// A rule that moved it.
        public struct Move: Sendable, Equatable {
            /// The rule's name.
            public var rule: String
            /// Its place before, counted from 1; nil: it had none.
            public var from: Int?
            /// Its place after, counted from 1.
            public var to: Int
        }

        /// The item's index.
        public var index: Int32
        /// Who proposed it; for an item that a filter drops, who would have.
        public var proposals: [Proposal] = []
        /// The rules that drop it; empty if it may be shown.
        public var filteredBy: [String] = []
        /// Whether it was among the candidates that were ranked.
        public var isCandidate = false
        /// The ranking model's score, also where the item was no candidate; nil if no model ranks, or it was skipped.
        public var score: Float?
        /// Its place after ranking, counted from 1; nil if it was no candidate.
        public var rank: Int?
        /// What was read of its features when the request came; nil if nothing was.
        public var features: FreshFeatures?
        /// What moved it since.
        public var moves: [Move] = []
        /// Its place in the answer, counted from 1; nil if it is not in it.
        public var place: Int?
        /// Why it stands where it stands, in one sentence.
        public var verdict = ""
    }

    /// The items of the answer in their order, and behind them the item that was asked for, if it is not among them.
    public var items: [Item]
    /// The item that was asked for, as the request named it, where the catalogue has no such item.
    public var unknownItem: String?
    /// How many of the user's contacts with items were known.
    public var contacts: Int
    /// How many of them the models took for the history.
    public var history: Int
    /// The time of the latest event that was known of the user, in microseconds since 1970; nil if none was.
    public var latestEvent: Int64?
    /// What was read of the user's features when the request came; nil if the bundle's own were taken.
    public var features: FreshFeatures?
}
