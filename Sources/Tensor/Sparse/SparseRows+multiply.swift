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
        withPointers(numbers) { offsets, indices, values in
            nonisolated(unsafe) let (offsets, indices, values) = (offsets, indices, values)
            parallelFor(cuts.count - 1, threads: threads) { parts, _ in
                let (first, last) = (cuts[parts.lowerBound], cuts[parts.upperBound])
                martlet_pool(
                    dense.pointer, width, offsets + first, indices, values, last - first, 0,
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

    /// Calls `body` with the offsets, the columns and `numbers`, one an entry, as the kernels want them.
    package func withPointers<Result>(
        _ numbers: [Float],
        _ body: (UnsafePointer<Int64>, UnsafePointer<Int32>, UnsafePointer<Float>) throws -> Result
    ) rethrows -> Result {
        precondition(numbers.count == count, "each entry has one value")
        return try offsets.withUnsafeBufferPointer { offsets in
            try indices.withUnsafeBufferPointer { indices in
                try numbers.withUnsafeBufferPointer { numbers in
                    // An empty array has no address; nothing is read there then.
                    let none = UnsafeMutablePointer<Float>.allocate(capacity: 1)
                    defer { none.deallocate() }
                    return try UnsafeRawPointer(offsets.baseAddress!).withMemoryRebound(
                        to: Int64.self, capacity: offsets.count
                    ) { offsets in
                        try body(
                            offsets, indices.baseAddress ?? UnsafeRawPointer(none).assumingMemoryBound(to: Int32.self),
                            numbers.baseAddress ?? UnsafePointer(none))
                    }
                }
            }
        }
    }
}
