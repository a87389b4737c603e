/// Where the newest features of every entity are kept, to be read while a page waits: the one interface of Redis in
/// Feast's layout, RocksDB and memory.
///
/// A *record* is what one view knows of one entity: a moment, and a value for each feature. A row that is not newer than
/// the record is not written, so that a late delivery never takes fresh features back; a row that lacks some of the
/// view's features leaves theirs as they were.
public protocol OnlineStore: Sendable {
    /// What messages call the store; never holds a secret.
    var summary: String { get }

    /// Whether reading waits for no other process.
    var isImmediate: Bool { get }

    /// Reads all records of a request at once: for Redis one round trip, however many entities and views there are.
    ///
    /// - Returns: for each group, for each key, for each view of the group a record; keys by views, row by row.
    /// - Throws: `unavailable`, `unauthorized`, `corrupted`.
    func read(_ groups: [OnlineRead]) async throws -> [[OnlineRecord]]

    /// Writes rows of one view that are newer than what is there.
    ///
    /// - Parameters:
    ///   - rows: in any order; of several rows of one entity the newest stays.
    ///   - view: the view's name.
    ///   - fields: the hash of each feature, in the order of the rows' values.
    /// - Throws: `unavailable`, `unauthorized`, `outOfSpace`, `invalidConfiguration` if it is open for reading only.
    func write(_ rows: [OnlineRow], view: String, fields: [UInt32]) async throws -> OnlineWriteCount

    /// Tells what changes of the entities whose keys begin with some bytes; nil if the store cannot know.
    func changes(prefix: [UInt8]) -> FeatureChanges?

    /// Asks the store for a sign of life.
    ///
    /// - Throws: `unavailable` or `unauthorized` with a hint.
    func checkHealth() async throws

    /// Ends connections and closes files.
    func close() async
}

extension OnlineStore {
    /// No: a server may be slow.
    public var isImmediate: Bool { false }

    /// Nothing is known of changes.
    public func changes(prefix: [UInt8]) -> FeatureChanges? { nil }
}

/// How many rows of a write were written, and how many were not because they were not newer.
public struct OnlineWriteCount: Sendable, Hashable {
    /// Rows whose values are in the store now, or were until a later row of the same write.
    public var written = 0
    /// Rows that were not newer than what was there.
    public var skipped = 0

    /// Makes a count.
    public init(written: Int = 0, skipped: Int = 0) {
        self.written = written
        self.skipped = skipped
    }

    /// Adds another count.
    public static func += (left: inout OnlineWriteCount, right: OnlineWriteCount) {
        left.written += right.written
        left.skipped += right.skipped
    }
}
