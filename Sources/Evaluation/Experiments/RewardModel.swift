/// What an item earns at a place, learned from answers that were shown: the place's mean, times how much more or less the
/// item earns than the places where it stood let one expect, drawn towards 1 where there is little of it.
///
/// q(i, j) = b_j · (r_i + κ) / (e_i + κ), with b_j the mean reward of place j, r_i what the item earned and e_i = Σ b_j
/// over where it was shown.
///
/// For a doubly robust estimate the answers of a user are not to be judged by a model that learned from them: fit two,
/// on half of the users each.
public struct RewardModel: Sendable {
    private let places: [Double]
    private let items: [String: Double]

    /// Learns from answers.
    ///
    /// - Parameters:
    ///   - slates: the items of each answer, best first, and what each earned.
    ///   - strength: κ, in units of the reward.
    /// - Complexity: O(places of all answers)
    public init(_ slates: [(items: [String], rewards: [Double])], strength: Double = 5) {
        let depth = slates.map(\.items.count).max() ?? 0
        var (sums, counts) = ([Double](repeating: 0, count: depth), [Double](repeating: 0, count: depth))
        for slate in slates {
            for (place, reward) in slate.rewards.enumerated() {
                sums[place] += reward
                counts[place] += 1
            }
        }
        let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
        var found: [String: (earned: Double, expected: Double)] = [:]
        for slate in slates {
            for (place, item) in slate.items.enumerated() where place < slate.rewards.count {
                found[item, default: (0, 0)].earned += slate.rewards[place]
                found[item, default: (0, 0)].expected += means[place]
            }
        }
        places = means
        items = found.mapValues { ($0.earned + strength) / ($0.expected + strength) }
    }

    /// What `item` is expected to earn at `place`, counted from 0. O(1).
    public func expected(_ item: String, at place: Int) -> Double {
        guard place < places.count else { return 0 }
        return places[place] * (items[item] ?? 1)
    }
}
