/// A sparse matrix by rows (CSR): row `i` holds the entries `offsets[i] ..< offsets[i + 1]`.
///
/// Within a row, entries stand in the order they were given in, and a column may come more than once, so that a
/// shopper's history in time order is one of these; ``coalesced()`` sorts and adds up.
public struct SparseRows: Sendable, Equatable {
    /// The number of rows.
    public var rows: Int { offsets.count - 1 }
    /// The number of columns.
    public let columns: Int
    /// Where each row begins; `rows + 1` numbers.
    public let offsets: [Int]
    /// Each entry's column, in `0 ..< columns`.
    public let indices: [Int32]
    /// Each entry's number; nil means all are 1.
    public let values: [Float]?

    /// Makes a matrix from its parts.
    public init(columns: Int, offsets: [Int], indices: [Int32], values: [Float]? = nil) {
        precondition(offsets.first == 0 && offsets.last == indices.count, "offsets run from 0 to the number of entries")
        precondition(values.map { $0.count == indices.count } ?? true, "each entry has one value")
        precondition(zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }, "offsets never fall")
        precondition(indices.allSatisfy { $0 >= 0 && Int($0) < columns }, "columns lie in 0 ..< \(columns)")
        self.columns = columns
        self.offsets = offsets
        self.indices = indices
        self.values = values
    }

    /// Makes a matrix from its parts, the number of rows said once more.
    public init(rows: Int, columns: Int, offsets: [Int], indices: [Int32], values: [Float]? = nil) {
        precondition(offsets.count == rows + 1, "\(rows) rows have \(rows + 1) offsets")
        self.init(columns: columns, offsets: offsets, indices: indices, values: values)
    }

    /// A matrix without entries.
    public static func empty(rows: Int, columns: Int) -> SparseRows {
        SparseRows(columns: columns, offsets: [Int](repeating: 0, count: rows + 1), indices: [])
    }

    /// How many entries there are.
    public var count: Int { indices.count }

    /// The places of row `index`'s entries in ``indices`` and ``values``.
    public func range(_ index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

    /// The columns of row `index`'s entries.
    public subscript(_ index: Int) -> ArraySlice<Int32> { indices[range(index)] }
}

extension SparseRows {
    /// Makes a matrix from entries in any order; those of one row keep their order (a stable counting sort).
    ///
    /// - Parameters:
    ///   - rows: each entry's row, in `0 ..< rowCount`; entries with a negative row or column are left out.
    ///   - columns: each entry's column, in `0 ..< columnCount`.
    ///   - values: each entry's number; nil means all are 1.
    ///   - rowCount: the number of rows of the matrix.
    ///   - columnCount: the number of columns of the matrix.
    /// - Complexity: O(entries + rows)
    public static func from(
        rows: some RandomAccessCollection<Int32>, columns: some RandomAccessCollection<Int32>, values: [Float]? = nil,
        rowCount: Int, columnCount: Int
    ) -> SparseRows {
        from(rows: Array(rows), columns: Array(columns), values: values, rowCount: rowCount, columnCount: columnCount)
    }

    /// Makes a matrix from entries in arrays; see
    /// ``from(rows:columns:values:rowCount:columnCount:)-(RandomAccessCollection<Int32>,_,_,_,_)``.
    public static func from(
        rows: [Int32], columns: [Int32], values: [Float]? = nil, rowCount: Int, columnCount: Int
    ) -> SparseRows {
        precondition(rows.count == columns.count, "\(rows.count) rows for \(columns.count) columns")
        precondition(values.map { $0.count == rows.count } ?? true, "each entry has one value")
        var offsets = [Int](repeating: 0, count: rowCount + 1)
        for entry in rows.indices where rows[entry] >= 0 && columns[entry] >= 0 { offsets[Int(rows[entry]) + 1] += 1 }
        for row in 0..<rowCount { offsets[row + 1] += offsets[row] }
        var next = offsets
        var indices = [Int32](repeating: 0, count: offsets[rowCount])
        var kept = values.map { _ in [Float](repeating: 0, count: offsets[rowCount]) }
        for entry in rows.indices where rows[entry] >= 0 && columns[entry] >= 0 {
            let place = next[Int(rows[entry])]
            next[Int(rows[entry])] += 1
            indices[place] = columns[entry]
            if let values { kept![place] = values[entry] }
        }
        return SparseRows(columns: columnCount, offsets: offsets, indices: indices, values: kept)
    }

    /// The same matrix with each row's columns sorted and each column once, its numbers added up.
    ///
    /// - Complexity: O(n log n) for the longest row's n.
    public func coalesced() -> SparseRows {
        var offsets = [0]
        offsets.reserveCapacity(rows + 1)
        var indices: [Int32] = []
        indices.reserveCapacity(count)
        var sums: [Float] = []
        for row in 0..<rows {
            let start = indices.count
            for entry in range(row).sorted(by: { (self.indices[$0], $0) < (self.indices[$1], $1) }) {
                let number = values?[entry] ?? 1
                if indices.count > start && indices[indices.count - 1] == self.indices[entry] {
                    sums[sums.count - 1] += number
                } else {
                    indices.append(self.indices[entry])
                    sums.append(number)
                }
            }
            offsets.append(indices.count)
        }
        return SparseRows(columns: columns, offsets: offsets, indices: indices, values: sums)
    }

    /// The transposed matrix: row `j` holds the entries of column `j` in the order of their rows.
    ///
    /// - Complexity: O(entries + rows + columns)
    public func transposed() -> SparseRows {
        var rowOf = [Int32](repeating: 0, count: count)
        for row in 0..<rows {
            for entry in range(row) { rowOf[entry] = Int32(row) }
        }
        return .from(rows: indices, columns: rowOf, values: values, rowCount: columns, columnCount: rows)
    }

    /// The chosen rows, in the order given: row `i` of the result is row `chosen[i]`; a negative number is an empty row.
    public func gathering(rows chosen: some Collection<Int32>) -> SparseRows {
        var offsets = [0]
        offsets.reserveCapacity(chosen.count + 1)
        var indices: [Int32] = []
        var kept: [Float]? = values == nil ? nil : []
        for row in chosen {
            if row >= 0 {
                indices += self[Int(row)]
                if let values { kept! += values[range(Int(row))] }
            }
            offsets.append(indices.count)
        }
        return SparseRows(columns: columns, offsets: offsets, indices: indices, values: kept)
    }
}
