#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Measures of a whole set of lists. Each is the field's own formula, evaluated over items instead of over pairs of
/// lists, so that a million users cost no more than their places.
extension ItemTally {
    /// All places of all lists together.
    public var totalPlaces: Int { places.reduce(0) { $0 + Int($1) } }

    /// The share of the first `itemCount` items that stand in any list; recmetrics' `prediction_coverage` / 100.
    public func coverage(itemCount: Int) -> Double {
        itemCount > 0 ? Double(places.prefix(itemCount).count { $0 > 0 }) / Double(itemCount) : .nan
    }

    /// How unequally places are shared out among items, 0 (all alike) … 1 (one item has all):
    /// Σᵢ (2i − N − 1) · p₍ᵢ₎ / (N · Σ p), places in rising order. RecBole's `GiniIndex`.
    public func gini(itemCount: Int) -> Double {
        let total = totalPlaces
        guard total > 0, itemCount > 0 else { return .nan }
        // Counting sort: how many items have each number of places.
        var histogram = [Int](repeating: 0, count: Int(places.max() ?? 0) + 1)
        for item in 0..<min(itemCount, places.count) { histogram[Int(places[item])] += 1 }
        var sum = 0.0
        var rank = 0
        for (number, items) in histogram.enumerated() where items > 0 {
            // Σ (2i − N − 1) for i = rank + 1 … rank + items.
            let ranks = Double(items) * Double(2 * rank + items + 1) - Double(items) * Double(itemCount + 1)
            sum += Double(number) * ranks
            rank += items
        }
        return sum / Double(total) / Double(itemCount)
    }

    /// The entropy of items over places, −Σ p ln p, in nats.
    public var entropy: Double {
        let total = Double(totalPlaces)
        guard total > 0 else { return .nan }
        return -places.reduce(0.0) { sum, number in
            guard number > 0 else { return sum }
            let share = Double(number) / total
            return sum + share * log(share)
        }
    }

    /// The mean over lists of the mean of `numbers` over a list's items; lists without items count as 0.
    ///
    /// With training interactions as numbers this is the average popularity of recommendations, ARP (RecBole's
    /// `AveragePopularity`; Yin et al., "Challenging the Long Tail Recommendation", 2012); with shares of all training
    /// interactions it is RecList's `popularity_bias_at_k`.
    public func mean(of numbers: [Float]) -> Double {
        guard lists.all > 0 else { return .nan }
        var sum = 0.0
        for item in 0..<min(numbers.count, shares.count) where places[item] > 0 {
            sum += shares[item] * Double(numbers[item])
        }
        return sum / Double(lists.all)
    }

    /// Σᵤ Σᵢ −log₂(popularityᵢ / users) / k / U: how surprising the items are, in bits; recmetrics' `novelty`.
    ///
    /// An item that nobody had counts as one that a single user had.
    ///
    /// Zhou et al., "Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems" (2010).
    ///
    /// - Parameters:
    ///   - popularity: the training interactions of each item.
    ///   - users: how many users there were in training.
    public func novelty(popularity: [Int32], users: Int) -> Double {
        guard lists.all > 0, users > 0, k > 0 else { return .nan }
        var sum = 0.0
        for item in 0..<min(popularity.count, places.count) where places[item] > 0 {
            sum -= Double(places[item]) * log2(Double(max(popularity[item], 1)) / Double(users))
        }
        return sum / Double(k) / Double(lists.all)
    }

    /// 1 − the mean cosine of two different users' lists: 0 if all get the same, 1 if no two share an item;
    /// recmetrics' `personalization`.
    ///
    /// Σ over pairs is Σᵢ (rᵢ² − sᵢ), rᵢ = Σ 1/√length and sᵢ = Σ 1/length over the lists that hold item `i`.
    public var personalization: Double {
        guard lists.filled > 1 else { return .nan }
        var sum = 0.0
        for item in places.indices where places[item] > 0 { sum += roots[item] * roots[item] - shares[item] }
        return 1 - sum / (Double(lists.filled) * Double(lists.filled - 1))
    }

    /// The mean share of a list's places that go to the least popular items.
    ///
    /// - Parameter ratio: which share of the items that have training interactions is the tail (equal counts by index);
    ///   at least one. RecBole's `TailPercentage`.
    public func tailShare(popularity: [Int32], ratio: Double = 0.1) -> Double {
        // A counting sort by popularity; ties stay in the order of the items.
        let known = popularity.indices.filter { popularity[$0] > 0 }
        guard !known.isEmpty else { return .nan }
        let size = max(Int(Double(known.count) * ratio), 1)
        var histogram = [Int](repeating: 0, count: Int(popularity.max() ?? 0) + 2)
        for item in known { histogram[Int(popularity[item]) + 1] += 1 }
        for count in 1..<histogram.count { histogram[count] += histogram[count - 1] }
        var isTail = [Float](repeating: 0, count: popularity.count)
        for item in known {
            let rank = histogram[Int(popularity[item])]
            histogram[Int(popularity[item])] += 1
            if rank < size { isTail[item] = 1 }
        }
        return mean(of: isTail)
    }

    /// The share of the relevant items of users that their lists hold, over the items that `isCounted`; nil if there is
    /// none to find.
    public func foundShare(where isCounted: (Int) -> Bool) -> (found: Int, relevant: Int) {
        var (hits, all) = (0, 0)
        for item in relevant.indices where isCounted(item) {
            hits += Int(found[item])
            all += Int(relevant[item])
        }
        return (hits, all)
    }
}
