import Core

/// The users, or the items, of a dataset: ids and features by index.
///
/// Those with training interactions come first, the most frequent before all (equal counts by id); then all others that
/// were seen anywhere, by id.
public struct Entities: Sendable {
    /// How many there are.
    public let count: Int
    /// How many of them have training interactions: indices `0 ..< trainedCount`.
    public let trainedCount: Int
    /// The encoded features, row `i` for index `i`; nil if none were asked for.
    public let features: Dataset?
    /// The ids by index, and the way back.
    public let ids: EntityIDs

    /// Makes a set of users or items.
    public init(count: Int, trainedCount: Int, ids: EntityIDs, features: Dataset?) {
        precondition(trainedCount <= count && ids.count == count, "each of the \(count) has an id")
        self.count = count
        self.trainedCount = trainedCount
        self.ids = ids
        self.features = features
    }

    /// The id of the one at `index`, as the shop wrote it.
    public func id(_ index: Int) -> String { ids[index] }

    /// The index of `id`, or nil if it was never seen.
    ///
    /// - Complexity: O(|id|); the first call builds the table, O(count).
    public func index(of id: String) -> Int? { ids.index(of: id) }
}
