import Tensor

extension SparseRows {
    /// The chosen rows, in the order given, each column at most once and ascending, without values.
    ///
    /// - Complexity: O(n log n) in the entries of the chosen rows.
    func distinct(rows chosen: [Int]) -> SparseRows {
        var offsets = [0]
        var found: [Int32] = []
        offsets.reserveCapacity(chosen.count + 1)
        for row in chosen {
            var last: Int32 = -1
            for column in indices[self.offsets[row]..<self.offsets[row + 1]].sorted() where column != last {
                found.append(column)
                last = column
            }
            offsets.append(found.count)
        }
        return SparseRows(rows: chosen.count, columns: columns, offsets: offsets, indices: found)
    }
}
