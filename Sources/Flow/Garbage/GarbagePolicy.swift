/// Which runs may go.
public struct GarbagePolicy: Sendable, Hashable {
    /// How many runs of each flow stay, the newest.
    public var keep: Int
    /// Runs that are younger stay, in seconds; nil: the number alone decides.
    public var youngerThan: Double?

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - keep: how many runs of each flow stay; not negative.
    ///   - youngerThan: runs younger than so many seconds stay.
    public init(keep: Int = 10, youngerThan: Double? = nil) {
        precondition(keep >= 0, "the number of runs to keep must not be negative")
        self.keep = keep
        self.youngerThan = youngerThan
    }

    /// A run with this tag stays.
    public static let keepTag = "keep"
}

/// What a collection of garbage removed, or would remove.
public struct GarbageReport: Sendable, Hashable {
    /// The runs, the oldest first.
    public var runs: [String] = []
    /// How many results of steps.
    public var results = 0
    /// How many files of artifacts.
    public var files = 0
    /// How many bytes they held.
    public var bytes: Int64 = 0
    /// Logs, work folders and half-written files without an owner.
    public var leftovers: [String] = []
    /// Whether nothing was removed.
    public var isDryRun = false
}
