import Core
import Synchronization
import Tensor

/// XᵀX where it is not 0: for each item the items that some user took too, and how many users did.
enum Cooccurrences {
    /// Counts all pairs that meet.
    ///
    /// - Parameter taken: `U × N`, each item once a user.
    /// - Returns: `N × N`, rows by index, an item's own count among them.
    /// - Throws: `cancelled`.
    /// - Complexity: O(Σ over users of |history|²), memory O(pairs that meet)
    static func make(_ taken: SparseRows, options: TrainingOptions) throws -> SparseRows {
        let takers = taken.transposed()
        let count = taken.columns
        var found = [(items: [Int32], counts: [Float])](repeating: ([], []), count: count)
        let block = 64
        let next = Atomic(0)
        try found.withUnsafeMutableBufferPointer { found in
            nonisolated(unsafe) let found = found
            try parallelFor(
                min((count + block - 1) / block, options.threads ?? Threads.count), threads: options.threads
            ) { _, _ in
                var sums = [Float](repeating: 0, count: count)
                var met: [Int32] = []
                while true {
                    let start = next.add(1, ordering: .relaxed).oldValue * block
                    guard start < count else { break }
                    try options.checkCancellation()
                    for item in start..<min(start + block, count) {
                        add(takers[item], taken, into: &sums, met: &met)
                        met.sort()
                        found[item] = (met, met.map { sums[Int($0)] })
                        for other in met { sums[Int(other)] = 0 }
                        met.removeAll(keepingCapacity: true)
                    }
                }
            }
        }
        var offsets = [0]
        offsets.reserveCapacity(count + 1)
        for row in found { offsets.append(offsets.last! + row.items.count) }
        var items: [Int32] = []
        var counts: [Float] = []
        items.reserveCapacity(offsets[count])
        counts.reserveCapacity(offsets[count])
        for row in found.indices {
            items += found[row].items
            counts += found[row].counts
            found[row] = ([], [])
        }
        return SparseRows(columns: count, offsets: offsets, indices: items, values: counts)
    }

    private static func add(
        _ users: ArraySlice<Int32>, _ taken: SparseRows, into sums: inout [Float], met: inout [Int32]
    ) {
        sums.withUnsafeMutableBufferPointer { sums in
            taken.indices.withUnsafeBufferPointer { items in
                for user in users {
                    for place in taken.range(Int(user)) {
                        let other = Int(items[place])
                        if sums[other] == 0 { met.append(items[place]) }
                        sums[other] += 1
                    }
                }
            }
        }
    }
}
