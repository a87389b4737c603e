import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

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

extension SparseRows {
    /// The same rows, of histories in time order, with each column once, by index, and as its value how much it weighs:
    /// (1 + a)^(−`recency`), where a is how many different columns came later; all 1 for `recency` 0.
    ///
    /// - Complexity: O(n log n) for the longest row's n.
    func distinct(recency: Float) -> SparseRows {
        guard recency > 0 else { return distinct() }
        var offsets = [0]
        var kept: [(column: Int32, weight: Float)] = []
        var seen: Set<Int32> = []
        for row in 0..<rows {
            seen.removeAll(keepingCapacity: true)
            for column in self[row].reversed() where !seen.contains(column) {
                kept.append((column, powf(1 + Float(seen.count), -recency)))
                seen.insert(column)
            }
            kept[offsets[row]...].sort { $0.column < $1.column }
            offsets.append(kept.count)
        }
        return SparseRows(
            columns: columns, offsets: offsets, indices: kept.map(\.column), values: kept.map(\.weight))
    }
}

extension UserHistories {
    /// Who took what, `U × itemCount`: each item once a user, by index.
    func distinctItems(itemCount: Int) -> SparseRows {
        SparseRows(columns: itemCount, offsets: offsets, indices: items).distinct()
    }
}
