import Core
import Synchronization
import Tensor

/// Sorts rows by time, then user, then item, then the order in which they came.
enum RowOrder {
    /// Sorts `rows` in place.
    ///
    /// Times are sorted by counting, 11 bits at a time, after the unit that all of them share (a second, a day) is taken
    /// out; rows of one time are then sorted by user and item, many times at once.
    ///
    /// - Parameters:
    ///   - rows: the rows to sort, ascending.
    ///   - times: seconds by row.
    ///   - users: indices by row; so are `items`.
    /// - Complexity: O(rows × bits / 11) and O(r log r) for the r rows of one time
    static func sort(
        _ rows: UnsafeMutableBufferPointer<UInt32>, times: UnsafeBufferPointer<Int64>,
        users: UnsafePointer<Int32>, items: UnsafePointer<Int32>
    ) {
        guard rows.count > 1 else { return }
        var (first, last) = (times[Int(rows[0])], times[Int(rows[0])])
        var previous = first
        var isSorted = true
        for row in rows {
            let time = times[Int(row)]
            isSorted = isSorted && time >= previous
            previous = time
            first = min(first, time)
            last = max(last, time)
        }
        if !isSorted { sortByTime(rows, times, first: first, last: last) }
        sortRuns(rows, times, users, items)
    }

    private static func sortByTime(
        _ rows: UnsafeMutableBufferPointer<UInt32>, _ times: UnsafeBufferPointer<Int64>, first: Int64, last: Int64
    ) {
        var unit: Int64 = 0
        for row in rows where unit != 1 {
            let distance = times[Int(row)] - first
            if unit == 0 || distance % unit != 0 { unit = gcd(unit, distance) }
        }
        unit = max(1, unit)
        let bits = Int64.bitWidth - ((last - first) / unit).leadingZeroBitCount
        let scratch = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: rows.count)
        defer { scratch.deallocate() }
        var (from, to) = (rows, scratch)
        for shift in stride(from: 0, to: max(1, bits), by: 11) {
            var starts = [Int](repeating: 0, count: 2049)
            starts.withUnsafeMutableBufferPointer { starts in
                for row in from {
                    starts[(Int(((times[Int(row)] - first) / unit) >> Int64(shift)) & 2047) + 1] += 1
                }
                for digit in 0..<2048 { starts[digit + 1] += starts[digit] }
                for row in from {
                    let digit = Int(((times[Int(row)] - first) / unit) >> Int64(shift)) & 2047
                    to[starts[digit]] = row
                    starts[digit] += 1
                }
            }
            swap(&from, &to)
        }
        if from.baseAddress != rows.baseAddress { _ = rows.update(from: from) }
    }

    private static func gcd(_ left: Int64, _ right: Int64) -> Int64 {
        var (a, b) = (left, right)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    private struct Key {
        let userAndItem: UInt64
        let row: UInt32
    }

    private static func sortRuns(
        _ rows: UnsafeMutableBufferPointer<UInt32>, _ times: UnsafeBufferPointer<Int64>,
        _ users: UnsafePointer<Int32>, _ items: UnsafePointer<Int32>
    ) {
        var runs: [Range<Int>] = []
        var start = 0
        for place in 1...rows.count {
            if place < rows.count, times[Int(rows[place])] == times[Int(rows[start])] { continue }
            if place - start > 1 { runs.append(start..<place) }
            start = place
        }
        // The longest first, one by one to whoever is free: the lengths of days differ.
        runs.sort { ($0.count, $1.lowerBound) > ($1.count, $0.lowerBound) }
        let next = Atomic(0)
        nonisolated(unsafe) let (rows, users, items) = (rows, users, items)
        let sorted = runs
        parallelFor(Threads.count) { range, _ in
            for _ in range {
                var keys: [Key] = []
                while case let run = next.wrappingAdd(1, ordering: .relaxed).oldValue, run < sorted.count {
                    let range = sorted[run]
                    keys.removeAll(keepingCapacity: true)
                    for place in range {
                        let row = rows[place]
                        keys.append(
                            Key(
                                userAndItem: UInt64(UInt32(bitPattern: users[Int(row)])) << 32
                                    | UInt64(UInt32(bitPattern: items[Int(row)])), row: row))
                    }
                    keys.sort {
                        $0.userAndItem == $1.userAndItem ? $0.row < $1.row : $0.userAndItem < $1.userAndItem
                    }
                    for (offset, key) in keys.enumerated() { rows[range.lowerBound + offset] = key.row }
                }
            }
        }
    }
}
