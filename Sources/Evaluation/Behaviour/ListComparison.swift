import Tensor

extension RankedLists {
    /// For each list, which share of its first `k` items is also among the first `k` of the other's list; nil where both
    /// are empty, 0 where one is. RecList's overlap of `session_perturbation_test`.
    ///
    /// - Complexity: O(U · k²), lists shared out over threads.
    public func overlaps(with other: RankedLists, k: Int) -> [Double?] {
        precondition(count == other.count, "\(count) lists and \(other.count)")
        let (depth, otherDepth) = (min(k, self.k), min(k, other.k))
        var shares = [Double](repeating: .nan, count: count)
        shares.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let shares = buffer
            parallelFor(count, grain: 512) { range, _ in
                items.withUnsafeBufferPointer { items in
                    other.items.withUnsafeBufferPointer { others in
                        for list in range {
                            shares[list] = Self.overlap(
                                UnsafeBufferPointer(rebasing: items[list * self.k..<list * self.k + depth]),
                                UnsafeBufferPointer(rebasing: others[list * other.k..<list * other.k + otherDepth]))
                        }
                    }
                }
            }
        }
        return shares.map { $0.isNaN ? nil : $0 }
    }

    /// NaN if both are empty. The inner loop has no early end, so that it compares many items at a time.
    private static func overlap(_ left: UnsafeBufferPointer<Int32>, _ right: UnsafeBufferPointer<Int32>) -> Double {
        var (common, length) = (0, 0)
        for item in left {
            guard item >= 0 else { break }
            length += 1
            var hits: Int32 = 0
            for other in right { hits |= other == item ? 1 : 0 }
            common += Int(hits)
        }
        if length == 0 { return right.isEmpty || right[0] < 0 ? .nan : 0 }
        return Double(common) / Double(length)
    }

    /// How much of the lists one order of the catalogue explains: the share of a list's items that one common list,
    /// without what the user has, would show too. 1 for each if every user gets the same list.
    ///
    /// The common order is the lists' own: items by Σ 1 / place.
    ///
    /// - Parameters:
    ///   - k: how many places of each list to look at.
    ///   - seen: the items of each list's user that lists leave out; nil where they may return.
    ///   - itemCount: the size of the catalogue.
    /// - Returns: one share for each list that is not empty, nil for others.
    /// - Complexity: O(U · (k² + seen)), N log N for the order.
    public func commonShares(k: Int, seen: SparseRows?, itemCount: Int) -> [Double?] {
        let depth = min(k, self.k)
        var weights = [Double](repeating: 0, count: itemCount)
        for list in 0..<count {
            for place in 0..<depth {
                let item = Int(items[list * self.k + place])
                guard item >= 0 else { break }
                if item < itemCount { weights[item] += 1 / Double(place + 1) }
            }
        }
        let common = Bestsellers.lists(order: Bestsellers.order(weights), count: count, k: depth, seen: seen)
        return overlaps(with: common, k: depth)
    }
}
