/// Batches of rows that come one after the other, such as a warehouse's answer: memory holds one batch at a time.
public protocol TableStream: AnyObject {
    /// The columns that every batch has.
    var schema: Schema { get }
    /// The next batch, or nil at the end.
    func next() throws -> Table?
}

/// A stream over tables that are in memory already.
public final class TableSequence: TableStream {
    /// The columns of every table.
    public let schema: Schema
    private var rest: ArraySlice<Table>

    /// Makes a stream; `tables` must share one schema.
    public init(schema: Schema, _ tables: [Table]) {
        self.schema = schema
        rest = tables[...]
    }

    /// The next table, or nil at the end.
    public func next() -> Table? { rest.popFirst() }
}
