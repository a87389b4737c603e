import Tensor

/// How often each item stands in lists, and how often it was to be found and was: what every measure of a whole set of
/// lists is made of.
public struct ItemTally: Sendable {
    /// How many places of each list were looked at.
    public let k: Int
    /// How many lists there are, and how many of them are not empty.
    public let lists: (all: Int, filled: Int)
    /// In how many lists each item stands.
    public let places: [Int32]
    /// To how many users each item is relevant.
    public let relevant: [Int32]
    /// In how many of their lists it stands.
    public let found: [Int32]
    /// Σ 1 / length over the lists that an item stands in.
    let shares: [Double]
    /// Σ 1 / √length over the lists that an item stands in.
    let roots: [Double]

    /// Counts.
    ///
    /// - Parameters:
    ///   - lists: one list for each user.
    ///   - truth: row `i` holds the relevant items of list `i`.
    ///   - k: how many places of each list to look at.
    ///   - itemCount: the size of the catalogue; items past it are not counted.
    /// - Complexity: O(U · (R + k) + threads · N)
    public init(lists: RankedLists, truth: SparseRows, k: Int, itemCount: Int) {
        precondition(lists.count == truth.rows, "each list has a row of truth")
        let count = max(itemCount, truth.columns)
        let depth = min(k, lists.k)
        let threads = max(1, min(Threads.count, (lists.count + 255) / 256))
        // Of each thread: places, relevant, found, and places of lists of other lengths than `depth`.
        var counts = [Int32](repeating: 0, count: threads * 3 * count)
        var short = [Double](repeating: 0, count: threads * 3 * count)
        var filled = [Int](repeating: 0, count: threads)
        counts.withUnsafeMutableBufferPointer { countsBuffer in
            short.withUnsafeMutableBufferPointer { shortBuffer in
                filled.withUnsafeMutableBufferPointer { filledBuffer in
                    nonisolated(unsafe) let (counts, short, filled) = (countsBuffer, shortBuffer, filledBuffer)
                    parallelFor(lists.count, grain: 256, threads: threads) { range, worker in
                        let (counts, short) = (
                            counts.baseAddress! + worker * 3 * count, short.baseAddress! + worker * 3 * count
                        )
                        filled[worker] = Self.count(
                            lists, truth, range, depth: depth, columns: count, into: counts, short: short)
                    }
                }
            }
        }
        func sum<Number: AdditiveArithmetic>(_ parts: [Number], _ part: Int) -> [Number] {
            var total = Array(parts[part * count..<(part + 1) * count])
            for thread in 1..<max(threads, 1) {
                for item in 0..<count { total[item] += parts[(thread * 3 + part) * count + item] }
            }
            return total
        }
        let places = sum(counts, 0)
        let (odd, shares, roots) = (sum(short, 0), sum(short, 1), sum(short, 2))
        let (share, root) = (1 / Double(max(depth, 1)), 1 / Double(max(depth, 1)).squareRoot())
        self.k = k
        self.lists = (lists.count, filled.reduce(0, +))
        self.places = places
        relevant = sum(counts, 1)
        found = sum(counts, 2)
        self.shares = (0..<count).map { (Double(places[$0]) - odd[$0]) * share + shares[$0] }
        self.roots = (0..<count).map { (Double(places[$0]) - odd[$0]) * root + roots[$0] }
    }

    /// Counts the lists of one thread.
    ///
    /// - Returns: how many of them are not empty.
    private static func count(
        _ lists: RankedLists, _ truth: SparseRows, _ range: Range<Int>, depth: Int, columns: Int,
        into counts: UnsafeMutablePointer<Int32>, short: UnsafeMutablePointer<Double>
    ) -> Int {
        var filled = 0
        var marks = [Int32](repeating: 0, count: columns)
        marks.withUnsafeMutableBufferPointer { marks in
            truth.indices.withUnsafeBufferPointer { indices in
                lists.items.withUnsafeBufferPointer { items in
                    for list in range {
                        let mark = Int32(list) + 1
                        for entry in truth.range(list) {
                            let item = Int(indices[entry])
                            guard marks[item] != mark else { continue }
                            marks[item] = mark
                            counts[columns + item] += 1
                        }
                        let start = list * lists.k
                        var length = 0
                        while length < depth, items[start + length] >= 0 { length += 1 }
                        filled += length > 0 ? 1 : 0
                        for place in start..<start + length {
                            let item = Int(items[place])
                            guard item < columns else { continue }
                            counts[item] += 1
                            if marks[item] == mark {
                                marks[item] = 0
                                counts[2 * columns + item] += 1
                            }
                        }
                        guard length < depth else { continue }
                        for place in start..<start + length {
                            let item = Int(items[place])
                            guard item < columns else { continue }
                            short[item] += 1
                            short[columns + item] += 1 / Double(length)
                            short[2 * columns + item] += 1 / Double(length).squareRoot()
                        }
                    }
                }
            }
        }
        return filled
    }
}
