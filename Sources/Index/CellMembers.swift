/// Which rows belong to which cell.
struct CellMembers: Sendable {
    /// The number of cells.
    let cells: Int
    private let starts: [Int]
    private let rows: [Int32]

    /// Sorts rows by their cells; within a cell they keep their order.
    ///
    /// - Complexity: O(N + C)
    init(_ cellOfRow: [Int32], cells: Int) {
        self.cells = cells
        var starts = [Int](repeating: 0, count: cells + 1)
        for cell in cellOfRow { starts[Int(cell) + 1] += 1 }
        for cell in 0..<cells { starts[cell + 1] += starts[cell] }
        var next = starts
        var rows = [Int32](repeating: 0, count: cellOfRow.count)
        for (row, cell) in cellOfRow.enumerated() {
            rows[next[Int(cell)]] = Int32(row)
            next[Int(cell)] += 1
        }
        self.starts = starts
        self.rows = rows
    }

    /// The rows of a cell, ascending.
    subscript(_ cell: Int) -> ArraySlice<Int32> { rows[starts[cell]..<starts[cell + 1]] }
}
