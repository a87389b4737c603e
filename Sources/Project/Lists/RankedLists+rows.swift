import Tensor

extension RankedLists {
    /// The lists of some rows. O(rows × k).
    func rows(_ range: Range<Int>) -> RankedLists {
        var part = RankedLists(count: range.count, k: k)
        for place in 0..<range.count * k {
            part.items[place] = items[range.lowerBound * k + place]
            part.scores[place] = scores[range.lowerBound * k + place]
        }
        return part
    }
}
