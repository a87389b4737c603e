import Core
import Features
import FoundationEssentials
import Models
import Synchronization
import Tensor
import Testing

/// How ranking models train: negatives, stopping, resuming, failing, and what their probabilities mean.
@Suite struct RankingTrainingTests {
    private func model(_ kind: String, _ changes: [String: JSONValue] = [:]) throws -> any RetrievalModel {
        var settings: [String: JSONValue] = ["epochs": 4, "batch-size": 1024, "patience": 10]
        for (key, value) in changes { settings[key] = value }
        return try ModelRegistry.make(kind: kind, hyperparameters: .object(settings))
    }

    private func bytes(_ model: any RetrievalModel) throws -> Data {
        let folder = temporaryFolder()
        try model.save(to: folder)
        return try Data(contentsOf: URL(filePath: folder + "/weights.safetensors"))
    }

    @Test(arguments: ["wide-deep", "dcn-v2"]) func aStoppedTrainingResumesBitForBit(_ kind: String) throws {
        let data = try BehaviourTests.data.get()
        let changes: [String: JSONValue] = [
            "layers": [16, 8], "dropout": 0.2, "schedule": "cosine", "warm-up": 10, "optimizer": "adam",
            "learning-rate": 0.01,
        ]
        var straight = try model(kind, changes)
        let report = try straight.fit(data, options: TrainingOptions(threads: 2))
        #expect(report.epochs == 4 && report.validation.count == 4 && report.loss[3] < report.loss[0])
        let folder = temporaryFolder()
        let asked = Mutex(0)
        let batches = (data.rowCount(.train) + 203) / 204
        var stopped = try model(kind, changes)
        #expect {
            try stopped.fit(
                data,
                options: TrainingOptions(threads: 2, checkpointFolder: folder) {
                    asked.withLock {
                        $0 += 1
                        return $0 > 2 * batches + batches / 2
                    }
                })
        } throws: {
            ($0 as? MartletError)?.code == .cancelled
        }
        var resumed = try model(kind, changes)
        let second = try resumed.fit(
            data, options: TrainingOptions(threads: 2, checkpointFolder: folder, resume: true))
        #expect(second.loss == report.loss && second.validation == report.validation)
        #expect(try bytes(resumed) == bytes(straight))

        let pausing = temporaryFolder()
        var paused = try model(kind, changes)
        let first = try paused.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: pausing, pauseAfter: 2))
        #expect(first.loss == Array(report.loss.prefix(2)))
        var after = try model(kind, changes)
        _ = try after.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: pausing, resume: true))
        #expect(try bytes(after) == bytes(straight))
    }

    /// Rounded factors change the way, not where it leads.
    @Test func bfloat16LosesAsFloat32Does() throws {
        let data = try BehaviourTests.data.get()
        let losses = try ["float32", "bfloat16"].map { precision in
            var model = try model("deepfm", ["layers": [32, 16], "precision": .string(precision)])
            return try model.fit(data, options: TrainingOptions(threads: 2)).loss
        }
        #expect(losses[0] != losses[1])
        for (exact, rounded) in zip(losses[0], losses[1]) { #expect(abs(exact - rounded) < 0.01) }
    }

    @Test func aLossThatDivergesStopsTheTraining() throws {
        let data = try BehaviourTests.data.get()
        var model = try model("dcn-v2", ["learning-rate": 1e6, "optimizer": "adam"])
        #expect {
            try model.fit(data, options: TrainingOptions(threads: 2))
        } throws: { error in
            let error = error as? MartletError
            return error?.code == .failedCheck && error?.message.contains("at step") == true
                && error?.hint?.contains("learning-rate") == true
        }
    }

    /// On the window that calibrated them, probabilities sum to the positives; on the next one nearly so.
    @Test(arguments: ["platt", "isotonic"]) func calibratedProbabilitiesMeanWhatTheySay(_ method: String) throws {
        let data = try BehaviourTests.data.get()
        var trained = try model("dcn-v2", ["calibration": .string(method)])
        _ = try trained.fit(data, options: TrainingOptions(threads: 2))
        let model = try #require(trained as? any ProbabilityModel)
        for (window, slack) in [(Window.validation, 0.1), (.test, 0.35)] {
            let sample = try model.sample(window, seed: 42, data: data)
            let (probabilities, labels) = (sample.probabilities["interaction"]!, sample.labels["interaction"]!)
            let positives = Double(labels.count { $0 })
            #expect(labels.count > 1000 && abs(positives / Double(labels.count) - 0.2) < 0.03)
            let ratio = probabilities.reduce(0.0) { $0 + Double($1) } / positives
            #expect(abs(ratio - 1) < slack, "\(window): \(ratio)")
        }
    }

    /// Undone sampling: over all items, the probabilities that it is this one that is taken next sum to 1.
    @Test(arguments: [0.0, 1.0]) func probabilitiesOfAllItemsSumToOne(_ power: Double) throws {
        let data = try BehaviourTests.data.get()
        var trained = try model("deepfm", ["negative-power": .number(power), "epochs": 8, "learning-rate": 0.1])
        _ = try trained.fit(data, options: TrainingOptions(threads: 2))
        let model = try #require(trained as? any ProbabilityModel)
        let items = Array(0..<Int32(data.items.trainedCount))
        var sums: [Double] = []
        for user in 0..<Int32(20) {
            let probabilities = try model.probabilities(
                users: [Int32](repeating: user, count: items.count), items: items, at: data.split.validationStart,
                sampling: false, data: data)
            sums.append(probabilities.values.reduce(0.0) { $0 + Double($1) })
        }
        let mean = sums.reduce(0, +) / Double(sums.count)
        #expect(0.7...1.4 ~= mean, "\(mean)")
    }

    @Test(arguments: [0.0, 0.75]) func negativesFollowTheirDistribution(_ power: Double) {
        // User 0 took items 0 and 2; item i was taken i + 1 times by others.
        var items: [Int32] = [2, 0, 2]
        for item in 0..<Int32(4) { items += [Int32](repeating: item, count: Int(item) + 1) }
        let history = SparseRows(columns: 5, offsets: [0, 3, items.count], indices: items)
        let sampler = NegativeSampler(UserHistories(history, times: nil, at: 0), items: 5, power: power)
        var random = RandomSource(seed: 1)
        var counts = [Int](repeating: 0, count: 5)
        for _ in 0..<40_000 { counts[Int(sampler.draw(for: 0, from: &random)!)] += 1 }
        #expect(counts[0] == 0 && counts[2] == 0)
        let shares = [3, 0, 5, 0, 1].indices.map { item in
            [0, 2].contains(item) ? 0 : Reference.exp(Double(sampler.logShares[item]))
        }
        for item in [1, 3, 4] {
            #expect(abs(Double(counts[item]) / 40_000 - shares[item] / shares.reduce(0, +)) < 0.01)
        }
        // Taken 2, 4 and 0 times, one more each.
        #expect(abs(Double(sampler.logShares[3] - sampler.logShares[4]) - power * Reference.log(5)) < 1e-5)
        #expect(abs(Double(sampler.logShares[1] - sampler.logShares[4]) - power * Reference.log(3)) < 1e-5)
    }

    @Test func whoTookEverythingHasNoNegative() {
        let history = SparseRows(columns: 3, offsets: [0, 3], indices: [0, 1, 2])
        let sampler = NegativeSampler(UserHistories(history, times: nil, at: 0), items: 3, power: 0.5)
        var random = RandomSource(seed: 1)
        #expect(sampler.draw(for: 0, from: &random) == nil)
        #expect(sampler.draw(for: -1, from: &random) != nil)
        // Before its last moment only the last item is still to come.
        #expect((0..<50).allSatisfy { _ in [0, 1].contains(sampler.draw(for: 0, since: 2, from: &random)!) })
    }
}
