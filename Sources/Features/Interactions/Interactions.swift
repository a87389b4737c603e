import Core

/// Who took what when: the rows of one window, sorted by time, then user, then item.
public struct Interactions: Sendable {
    /// The users' indices.
    public let users: Buffer<Int32>
    /// The items' indices.
    public let items: Buffer<Int32>
    /// When, in seconds since 1970-01-01T00:00:00Z.
    public let times: Buffer<Int64>
    /// How much each row counts; 1 where the project names no weight.
    public let weights: Buffer<Float>
    /// The place of each row's kind of event in ``InteractionDataset/eventTypes``, −1 where it has none; nil where all
    /// rows are of one kind.
    public let events: Buffer<Int32>?
    /// The encoded features of the moment, row by row, beside the columns above; see
    /// ``InteractionDataset/contextColumns``.
    public let context: Dataset

    /// How many rows there are.
    public var count: Int { users.count }
}
