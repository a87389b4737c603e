/// Recommendations: for each of `count` queries the best `k` items, best first.
public struct RankedLists: Sendable, Equatable {
    /// The length of each list, pads included.
    public let k: Int
    /// How many lists there are.
    public let count: Int
    /// `count × k` item indices, list after list; −1 pads a list that is shorter than `k`.
    public var items: [Int32]
    /// `count × k` scores, list after list; −∞ at pads.
    public var scores: [Float]

    /// Makes `count` empty lists (all pads).
    public init(count: Int, k: Int) {
        precondition(count >= 0 && k >= 0, "lists have no negative size")
        self.k = k
        self.count = count
        items = [Int32](repeating: -1, count: count * k)
        scores = [Float](repeating: -.infinity, count: count * k)
    }

    /// Makes lists from `count × k` items and scores.
    public init(count: Int, k: Int, items: [Int32], scores: [Float]) {
        precondition(items.count == count * k && scores.count == count * k, "\(count) lists of \(k) items and scores")
        self.k = k
        self.count = count
        self.items = items
        self.scores = scores
    }

    /// The items of list `index`, best first, without the pads.
    public subscript(_ index: Int) -> ArraySlice<Int32> {
        precondition(index >= 0 && index < count, "list \(index) of \(count)")
        let list = items[index * k..<(index + 1) * k]
        return list.prefix { $0 >= 0 }
    }

    /// The scores of list `index`, best first, without the pads.
    public func scores(_ index: Int) -> ArraySlice<Float> {
        scores[index * k..<index * k + self[index].count]
    }

    /// The same lists cut to the best `length`.
    public func prefix(_ length: Int) -> RankedLists {
        guard length < k else { return self }
        var result = RankedLists(count: count, k: length)
        for list in 0..<count {
            for rank in 0..<length {
                result.items[list * length + rank] = items[list * k + rank]
                result.scores[list * length + rank] = scores[list * k + rank]
            }
        }
        return result
    }

    /// Puts the lists of `other` after these; both have the same `k`.
    public mutating func append(_ other: RankedLists) {
        precondition(k == other.k, "lists of \(k) and of \(other.k)")
        self = RankedLists(count: count + other.count, k: k, items: items + other.items, scores: scores + other.scores)
    }
}
