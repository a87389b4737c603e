import Tensor

/// Turns histories into bags of item rows: the last `length` items before a moment, weighed by age, mean 1.
struct HistoryBags: Sendable {
    /// The most items of a bag.
    let length: Int
    /// How fast entries fade.
    let decay: TimeDecay
    /// The table row of items that were not trained.
    let unknown: Int32

    /// Appends the bag of the entries `range`, seen from `now`.
    ///
    /// Weights sum to 1; an empty history is an empty bag, which pools to zeros.
    func append(_ range: Range<Int>, of histories: UserHistories, at now: Int64, to bags: inout TowerInput.Bags) {
        let kept = range.suffix(length)
        var sum: Float = 0
        for entry in kept { sum += Float(decay.weight(of: histories.times[entry], at: now)) }
        if sum > 0 {
            for entry in kept {
                let item = histories.items[entry]
                bags.ids.append(item >= unknown ? unknown : item)
                bags.weights.append(Float(decay.weight(of: histories.times[entry], at: now)) / sum)
            }
        }
        bags.offsets.append(Int64(bags.ids.count))
    }
}
