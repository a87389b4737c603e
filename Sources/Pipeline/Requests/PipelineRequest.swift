/// What a page asks the pipeline for.
public struct PipelineRequest: Sendable {
    /// The user's id as the shop writes it.
    public var user: String
    /// How many items at most; nil takes the pipeline's own.
    public var k: Int?
    /// Items that the visitor looks at or has in the basket just now, the latest last: they count as viewed now.
    public var context: [String] = []
    /// Items that must not be in the answer.
    public var excluded: Set<String> = []
    /// The only items that may be in the answer; nil: all.
    public var allowed: Set<String>?
    /// The only categories that may be in the answer; nil: all.
    public var categories: Set<String>?
    /// What columns of the items must be like.
    public var columns: [ColumnCondition] = []
    /// Whether the answer says of each item how it came there.
    public var explains = false
    /// An item whose way is told too, whether it is in the answer or not.
    public var item: String?
    /// Where the randomness of exploration comes from; equal seeds draw equal orders.
    public var seed: UInt64 = 0
    /// Whether the answer keeps the order of all candidates.
    var keepsOrder = false

    /// Makes a request for the user with the given id.
    public init(user: String, k: Int? = nil) {
        self.user = user
        self.k = k
    }
}
