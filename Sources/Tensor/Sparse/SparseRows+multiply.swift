import CKernels

extension SparseRows {
    /// C = A · B for this sparse A and a dense B.
    ///
    /// - Parameters:
    ///   - dense: B, `columns × K`.
    ///   - result: C, `rows × K`, written over; must not overlap `dense`.
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    /// - Complexity: O(entries · K)
    package func multiply(_ dense: Matrix, into result: Matrix, threads: Int? = nil) {
        precondition(dense.rows == columns, "(\(rows) × \(columns)) · (\(dense.rows) × \(dense.columns))")
        precondition(
            result.rows == rows && result.columns == dense.columns, "the product is \(rows) × \(dense.columns)")
        guard rows > 0, dense.columns > 0 else { return }
        let numbers = values ?? [Float](repeating: 1, count: count)
        let width = dense.columns
        let cuts = rowCuts(parts: 4 * (threads ?? Threads.count))
        withPointers { offsets, indices in
            nonisolated(unsafe) let (offsets, indices) = (offsets, indices)
            parallelFor(cuts.count - 1, threads: threads) { parts, _ in
                let (first, last) = (cuts[parts.lowerBound], cuts[parts.upperBound])
                martlet_pool(
                    dense.pointer, width, offsets + first, indices, numbers, last - first, 0,
                    result.pointer + first * width, width)
            }
        }
    }

    /// Where to cut the rows so that neighbouring parts have about equally many entries; `parts + 1` rising numbers.
    package func rowCuts(parts: Int) -> [Int] {
        let share = max((count + rows + parts - 1) / parts, 1)
        var cuts = [0]
        for row in 0..<rows where offsets[row + 1] + row + 1 >= share * cuts.count && cuts.count < parts {
            cuts.append(row + 1)
        }
        while cuts.count <= parts { cuts.append(rows) }
        return cuts
    }

    /// Calls `body` with the offsets and the columns, as the kernels want them.
    package func withPointers<Result>(
        _ body: (_ offsets: UnsafePointer<Int64>, _ columns: UnsafePointer<Int32>) throws -> Result
    ) rethrows -> Result {
        try offsets.withUnsafeBufferPointer { offsets in
            try indices.withUnsafeBufferPointer { indices in
                try offsets.baseAddress!.withMemoryRebound(to: Int64.self, capacity: offsets.count) { offsets in
                    // An empty array has no address; nothing is read there then.
                    guard let first = indices.baseAddress else {
                        return try withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1) { none in
                            try body(offsets, UnsafePointer(none.baseAddress!))
                        }
                    }
                    return try body(offsets, first)
                }
            }
        }
    }
}
