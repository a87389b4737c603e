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
        let first = bags.weights.count
        var sum: Float = 0
        // What was bought together is equally old: one power of 2 serves a basket.
        var basket: (time: Int64, weight: Float)?
        for entry in kept {
            let time = histories.times[entry]
            let weight = basket?.time == time ? basket!.weight : Float(decay.weight(of: time, at: now))
            basket = (time, weight)
            sum += weight
            let item = histories.items[entry]
            bags.ids.append(item >= unknown ? unknown : item)
            bags.weights.append(weight)
        }
        if sum > 0 {
            for place in first..<bags.weights.count { bags.weights[place] /= sum }
        } else {
            bags.ids.removeLast(bags.ids.count - first)
            bags.weights.removeLast(bags.weights.count - first)
        }
        bags.totals.append(sum)
        bags.offsets.append(Int64(bags.ids.count))
    }
}
