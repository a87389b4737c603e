/// What a ``PartitionedIndex`` finds of what an exact search would, measured.
public struct RecallReport: Sendable, Equatable, Codable {
    /// The share of the exact lists that was found, from 0 to 1, mean over all queries.
    public var recall: Double
    /// The recall of the query at the 5th percentile.
    public var lowRecall: Double
    /// The length of the lists.
    public var k: Int
    /// How many queries were asked.
    public var queries: Int
    /// How many vectors were compared in 4 bits, mean over all queries.
    public var scanned: Double
    /// How many vectors there are.
    public var count: Int
}
