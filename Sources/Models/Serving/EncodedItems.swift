import Core

/// Encoded features of some items that take the place of the dataset's, for one request.
package struct EncodedItems: Sendable {
    /// The items.
    package let items: [Int32]
    /// For each of them its row in the table.
    package let rows: [Int]
    /// A column a feature, by name: `int32` codes or `float32` numbers. Features that it does not hold stay as they are.
    package let table: Table

    package init(items: [Int32], rows: [Int], table: Table) {
        precondition(items.count == rows.count, "each item has a row")
        self.items = items
        self.rows = rows
        self.table = table
    }
}
