import Tensor

extension SparseRows {
    /// The same rows with each column once, by index, and all values 1.
    ///
    /// - Complexity: O(n log n) for the longest row's n.
    func distinct() -> SparseRows {
        var offsets = [0]
        offsets.reserveCapacity(rows + 1)
        var kept: [Int32] = []
        kept.reserveCapacity(count)
        for row in 0..<rows {
            var last: Int32 = -1
            for column in self[row].sorted() where column != last {
                kept.append(column)
                last = column
            }
            offsets.append(kept.count)
        }
        return SparseRows(columns: columns, offsets: offsets, indices: kept)
    }
}

extension UserHistories {
    /// Who took what, `U × itemCount`: each item once a user, by index.
    func distinctItems(itemCount: Int) -> SparseRows {
        SparseRows(columns: itemCount, offsets: offsets, indices: items).distinct()
    }
}
