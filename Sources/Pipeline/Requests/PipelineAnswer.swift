/// What the pipeline answers.
public struct PipelineAnswer: Sendable {
    /// One place of the answer.
    public struct Item: Sendable, Equatable {
        /// The item's index in the bundle's catalogue.
        public var index: Int32
        /// What the last rule ranked it by.
        public var score: Float
        /// The sources that proposed it, as bits in the order of ``PipelineAnswer/sources``.
        public var sources: UInt32
        /// Where exploration drew the order: how likely it was that this item came next, given those above it.
        public var propensity: Double?
        /// Whose item it is, as a place in ``PipelineAnswer/teams``, where two variants share the answer.
        public var team: UInt8?
    }

    /// The user's id.
    public var user: String
    /// The items, best first.
    public var items: [Item]
    /// The names of the sources, the fallback last.
    public var sources: [String]
    /// Whether the user was unknown to all models: neither trained nor with events.
    public var isUnknownUser: Bool
    /// Why all or some of the items are what sells, for want of others; nil if none are.
    public var fallback: String?
    /// What each stage did.
    public var stages: [StageReport]
    /// The way of each item, if it was asked for.
    public var explanation: Explanation?
    /// The bundle that answered; it belongs to the items' indices.
    public var bundle: ServedBundle
    /// The variants of experiments that made it.
    public var variants: [VariantName] = []
    /// The two variants that share it; empty otherwise.
    public var teams: [String] = []
    /// How many items were asked for.
    var length = 0
    /// All candidates in their last order, where the request keeps them.
    var order: [Candidate]?
}

/// What one stage did for a request.
public struct StageReport: Sendable, Equatable {
    /// How a stage ended.
    public enum Outcome: Sendable, Equatable {
        /// It did its work.
        case done
        /// It was not waited for, or not begun, for want of time.
        case late
        /// It failed.
        case failed(String)
    }

    /// The stage's name, such as `source.tower`, `merge` or `rank`.
    public var name: String
    /// How it ended.
    public var outcome: Outcome
    /// How long it took, for all requests of the batch, in seconds.
    public var seconds: Double
    /// How many candidates went in.
    public var candidatesIn: Int
    /// How many came out.
    public var candidatesOut: Int

    /// Why the stage's work is not in the answer; nil if it is.
    public var skipped: String? {
        switch outcome {
        case .done: nil
        case .late: "late"
        case .failed: "failed"
        }
    }
}
