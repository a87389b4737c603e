import Core
import Tensor

/// Rows in time order to a list of items for each user.
enum UserHistories {
    /// Collects the windows' rows, which follow one another in time.
    static func collect(_ parts: [Interactions], users: Int, items: Int) -> SparseRows {
        var offsets = [Int](repeating: 0, count: users + 1)
        offsets.withUnsafeMutableBufferPointer { offsets in
            for part in parts {
                for user in part.users.values { offsets[Int(user) + 1] += 1 }
            }
            for user in 0..<users { offsets[user + 1] += offsets[user] }
        }
        let total = offsets[users]
        let starts = offsets
        let indices = [Int32](unsafeUninitializedCapacity: total) { target, count in
            place(parts, starts: starts, total: total, into: target)
            count = total
        }
        return SparseRows(columns: items, offsets: offsets, indices: indices)
    }

    /// Each thread scans all rows and places those of its users, whose places no other thread writes.
    private static func place(
        _ parts: [Interactions], starts: [Int], total: Int, into target: UnsafeMutableBufferPointer<Int32>
    ) {
        let users = starts.count - 1
        let threads = total < 100_000 ? 1 : Threads.count
        // Users are frequent first: cut where the rows, not the users, are halved.
        let cuts = (0...threads).map { part in
            part == threads ? users : starts.partitioningIndex { $0 >= total * part / threads }
        }
        nonisolated(unsafe) let target = target
        parallelFor(threads, threads: threads) { range, _ in
            for thread in range where cuts[thread] < cuts[thread + 1] {
                let mine = cuts[thread]..<cuts[thread + 1]
                var next = Array(starts[mine])
                next.withUnsafeMutableBufferPointer { next in
                    for part in parts {
                        let (users, items) = (part.users.values, part.items.values)
                        for row in 0..<users.count {
                            let user = Int(users[row]) - mine.lowerBound
                            guard UInt(bitPattern: user) < UInt(next.count) else { continue }
                            target[next[user]] = items[row]
                            next[user] += 1
                        }
                    }
                }
            }
        }
    }
}

extension Array {
    /// The first index whose element fulfils `test`, in an array where none before one that does fulfils it.
    fileprivate func partitioningIndex(_ test: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if test(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
