import Core
import Features
import Tensor

/// Who had what: each pair of a user and an item once, with how much it counts.
package struct InteractionPairs: Sendable {
    /// Where each user's pairs begin; `U + 1` numbers.
    package let offsets: [Int64]
    /// Each pair's item; those of a user rise.
    package let items: [Int32]
    /// How much each pair counts, 1 on average; nil: all count the same.
    package let weights: [Float]?
    /// How many pairs each item is in, `N` numbers.
    package let counts: [Int]

    /// How many pairs there are.
    package var count: Int { items.count }
    /// How many users there are.
    package var userCount: Int { offsets.count - 1 }
    /// How many items there are.
    package var itemCount: Int { counts.count }

    /// The places of a user's pairs.
    package func range(_ user: Int) -> Range<Int> { Int(offsets[user])..<Int(offsets[user + 1]) }

    /// Takes the pairs of histories.
    ///
    /// - Parameters:
    ///   - halfLife: seconds after which an interaction counts half, the sum of a pair's interactions being its weight;
    ///     nil: all interactions count the same.
    ///   - recency: how much more a user's recent items count: (1 + how many came later)^(−recency), times what the
    ///     half-life makes of them.
    /// - Throws: `invalidData` if there is none, or more than 2³².
    /// - Complexity: O(rows · log(rows of a user))
    package init(_ histories: UserHistories, itemCount: Int, halfLife: Double?, recency: Double = 0) throws {
        guard histories.count > 0 else {
            throw MartletError(
                .invalidData, "there are no interactions to learn from",
                hint: "check the split dates: the training window is empty")
        }
        guard histories.count < Int(UInt32.max) else {
            throw MartletError(
                .invalidData, "\(histories.count) interactions are more than the 2³² that can be shuffled")
        }
        let end = histories.end ?? 0
        let decay = TimeDecay(halfLife: halfLife)
        var (offsets, items, weights, counts) = (
            [Int64(0)], [Int32](), [Float](), [Int](repeating: 0, count: itemCount)
        )
        for user in 0..<histories.userCount {
            let first = items.count
            let factors = recency > 0 ? Self.factors(histories, user, recency) : [:]
            for entry in histories.entries(of: Int32(user)).sorted(by: { histories.items[$0] < histories.items[$1] }) {
                if items.count == first || items[items.count - 1] != histories.items[entry] {
                    items.append(histories.items[entry])
                    counts[Int(histories.items[entry])] += 1
                    weights.append(0)
                }
                // Without a half-life a pair weighs the same however often it comes.
                let last = weights.count - 1
                let factor = factors[histories.items[entry]] ?? 1
                weights[last] =
                    halfLife == nil
                    ? factor
                    : weights[last] + factor * histories.weights[entry]
                        * Float(decay.weight(of: histories.times[entry], at: end))
            }
            offsets.append(Int64(items.count))
        }
        let mean = weights.reduce(0) { $0 + Double($1) } / Double(items.count)
        self.offsets = offsets
        self.items = items
        self.weights =
            halfLife == nil && recency == 0 ? nil : weights.map { Float(Double($0) / max(mean, .leastNormalMagnitude)) }
        self.counts = counts
    }

    /// (1 + how many different items came later)^(−recency) of each item of a user.
    private static func factors(_ histories: UserHistories, _ user: Int, _ recency: Double) -> [Int32: Float] {
        var factors: [Int32: Float] = [:]
        for entry in histories.entries(of: Int32(user)).reversed() where factors[histories.items[entry]] == nil {
            factors[histories.items[entry]] = Float(power(1 + Double(factors.count), -recency))
        }
        return factors
    }
}
