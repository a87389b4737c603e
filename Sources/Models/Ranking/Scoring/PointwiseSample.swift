import Core
import Features

/// Pairs of a window to judge probabilities by: interactions of trained users with trained items, and negatives drawn
/// beside each as training draws them, none of which the user takes in the window.
struct PointwiseSample: Sendable {
    private(set) var users: [Int32] = []
    private(set) var items: [Int32] = []
    /// For each target, 1 for interactions that reached it, else 0.
    private(set) var labels: [[Float]]

    /// The most interactions that are taken; more would cost time and tell little.
    private static var mostInteractions: Int { 20_000 }

    /// Draws the pairs.
    init(
        _ data: InteractionDataset, window: Window, labels names: [String], settings: RankingHyperparameters,
        negatives: Int, seed: UInt64, sampler: NegativeSampler
    ) throws {
        labels = names.map { _ in [] }
        let histories = try UserHistories(data, windows: [window])
        let reached = try TargetLabels(names, settings.targets, histories, data)
        var taken: [(user: Int32, entry: Int)] = []
        for user in 0..<Int32(min(histories.userCount, data.users.trainedCount)) {
            for entry in histories.entries(of: user)
            where Int(histories.items[entry]) < data.items.trainedCount && reached.reached(entry) > 0 {
                taken.append((user, entry))
            }
        }
        var random = RandomSource(seed: seed, stream: 4)
        if taken.count > Self.mostInteractions {
            random.shuffle(&taken)
            taken = Array(taken.prefix(Self.mostInteractions))
        }
        let own = NegativeSampler(histories, items: data.items.trainedCount, power: 0)
        for (user, entry) in taken {
            append(user, histories.items[entry], reached: reached.reached(entry))
            for _ in 0..<negatives {
                guard let item = sampler.draw(for: user, since: .max, from: &random), !own.isTaken(item, by: user)
                else { continue }
                append(user, item, reached: 0)
            }
        }
    }

    private mutating func append(_ user: Int32, _ item: Int32, reached: Int) {
        users.append(user)
        items.append(item)
        for target in labels.indices { labels[target].append(target < reached ? 1 : 0) }
    }
}
