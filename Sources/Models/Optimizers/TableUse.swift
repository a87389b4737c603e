import Tensor

/// One use of a table in a batch: which rows were looked up, and the gradient each lookup got.
package struct TableUse: Sendable {
    /// Where the table stands among the parameters.
    package var table: Int
    /// For bags: where each batch row's entries begin; nil: each batch row has one entry.
    package var offsets: [Int64]?
    /// The rows looked up.
    package var ids: [Int32]
    /// How much each entry counts; nil: 1.
    package var weights: [Float]?
    /// The gradients, one row a batch row, between columns of a wider matrix.
    package var gradient: Matrix
    /// Where those columns begin.
    package var column: Int
    /// How many there are.
    package var width: Int

    package init(
        table: Int, offsets: [Int64]?, ids: [Int32], weights: [Float]?, gradient: Matrix, column: Int, width: Int
    ) {
        self.table = table
        self.offsets = offsets
        self.ids = ids
        self.weights = weights
        self.gradient = gradient
        self.column = column
        self.width = width
    }
}
