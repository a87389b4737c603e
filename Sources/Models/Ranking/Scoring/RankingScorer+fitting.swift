import Core
import Features
import Tensor

extension RankingModel {
    /// How many users say what an item is like.
    static var probes: Int { 128 }
}

extension RankingScorer {
    /// For each item the logits of some users, each user's and each item's mean taken away, divided by their length:
    /// `N × probes`. Items are alike if the same people are thought to like them; it holds for every architecture.
    ///
    /// - Complexity: O(probes · N · network)
    func itemVectors(seed: UInt64, threads: Int?) throws -> Matrix {
        let probes = RankingModel<Network>.probes
        var random = RandomSource(seed: seed, stream: 3)
        var users = Array(0..<Int32(shape.inputs.dataset.trainedUsers))
        random.shuffle(&users)
        users = Array(users.prefix(probes))
        let vectors = Matrix(rows: data.items.count, columns: probes)
        let logits = try logits(
            RecommendationRequest(users: users, k: 1, at: data.split.validationStart), threads: threads)
        let (count, items) = (users.count, data.items.count)
        let means = users.indices.map { user in
            logits.row(user).reduce(0.0) { $0 + Double($1) } / Double(max(items, 1))
        }
        for item in 0..<items {
            let row = vectors.row(item)
            var sum = 0.0
            for user in 0..<count {
                row[user] = logits[user, item] - Float(means[user])
                sum += Double(row[user])
            }
            let mean = Float(sum / Double(max(count, 1)))
            var square: Float = 0
            for user in 0..<count {
                row[user] -= mean
                square += row[user] * row[user]
            }
            let length = max(square.squareRoot(), .leastNormalMagnitude)
            for user in 0..<count { row[user] /= length }
        }
        return vectors
    }

    /// Fits the calibration of each target on the validation window, with negatives drawn as in training; the identity
    /// where that window was learned from, or is empty.
    func calibrate(
        _ settings: RankingHyperparameters, sampler: NegativeSampler, histories: UserHistories,
        options: TrainingOptions
    ) throws -> [Calibration] {
        let identity = [Calibration](repeating: .identity, count: shape.targets.count)
        guard settings.calibration != .none, !options.windows.contains(.validation), options.epochs == nil else {
            return identity
        }
        let sample = try PointwiseSample(
            data, window: .validation, labels: shape.targets, settings: settings, negatives: settings.negatives,
            seed: options.seed, sampler: sampler)
        guard !sample.users.isEmpty else { return identity }
        let logits = try logits(
            users: sample.users, items: sample.items, at: data.split.validationStart, histories: histories,
            threads: options.threads)
        return shape.targets.indices.map { target in
            Calibration.fit(
                settings.calibration, logits: sample.users.indices.map { logits[$0, target] },
                labels: sample.labels[target])
        }
    }
}
