/// An answer that a user was given, as it is logged: what was shown where, by whose choice, and how likely.
public struct LoggedAnswer: Sendable, Equatable {
    /// An item at its place.
    public struct Item: Sendable, Equatable {
        /// The item's id.
        public var item: String
        /// What it was ordered by.
        public var score: Float
        /// How likely it was to stand here, given those above it; nil where the place was not drawn.
        public var propensity: Double?
        /// The variant whose item it is, where two share the answer.
        public var team: String?

        /// Names an item; see the properties.
        public init(item: String, score: Float, propensity: Double? = nil, team: String? = nil) {
            self.item = item
            self.score = score
            self.propensity = propensity
            self.team = team
        }
    }

    /// What a pipeline that was not shown would have answered.
    public struct Shadow: Sendable, Equatable {
        /// The experiment.
        public var experiment: String
        /// Its items, best first.
        public var items: [String]
        /// For each shown place, how likely it would have put the same item there given those above it; nil if nobody
        /// can tell.
        public var propensities: [Double]?
        /// How long it took, in seconds.
        public var seconds: Double

        /// Describes an answer; see the properties.
        public init(experiment: String, items: [String], propensities: [Double]?, seconds: Double) {
            self.experiment = experiment
            self.items = items
            self.propensities = propensities
            self.seconds = seconds
        }
    }

    /// Tells answers apart, also those to requests that bear the same id.
    public var id: String
    /// The request's id, which events may name.
    public var request: String
    /// The user's id.
    public var user: String
    /// When it was given, in microseconds since 1970.
    public var time: Int64
    /// The published version that it was made by.
    public var version: Int
    /// The items, best first.
    public var items: [Item]
    /// The user's variants by experiment.
    public var variants: [String: String] = [:]
    /// The pipelines that were computed beside it.
    public var shadows: [Shadow] = []
    /// Whether the request brought the seed of the draw, or filters of its own: such answers are no random draw.
    public var isSpecial = false
    /// The stages that the answer does without; `fallback` among them where what sells fills it up.
    public var skipped: [String] = []
    /// The items that the request named as looked at just now.
    public var context: [String] = []

    /// Describes an answer; see the properties.
    ///
    /// - Parameter id: one of the log's own without it.
    public init(
        id: String? = nil, request: String, user: String, time: Int64, version: Int, items: [Item]
    ) {
        self.id = id ?? EventID.make(at: time)
        self.request = request
        self.user = user
        self.time = time
        self.version = version
        self.items = items
    }
}
