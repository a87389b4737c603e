import Core
import Features
import FoundationEssentials
import Models
import Synchronization
import Tensor
import Testing

/// How factor models train: stopping, resuming, failing.
@Suite struct FactorTrainingTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind: String
        var hyperparameters: JSONValue

        func make(_ changes: [String: JSONValue] = [:]) throws -> any RetrievalModel {
            var members: [String: JSONValue] = ["dimension": 8, "epochs": 4, "validation-every": 1, "patience": 10]
            members.merge(hyperparameters.object ?? [:]) { $1 }
            members.merge(changes) { $1 }
            return try ModelRegistry.make(kind: kind, hyperparameters: .object(members))
        }
    }

    static let subjects = [
        Subject(
            testDescription: "bpr, sgd, bias", kind: "mf",
            hyperparameters: ["loss": "bpr", "optimizer": "sgd", "item-bias": true]),
        Subject(
            testDescription: "bpr, adagrad, popular negatives", kind: "mf",
            hyperparameters: ["loss": "bpr", "optimizer": "adagrad", "negatives": "popularity"]),
        Subject(
            testDescription: "warp, adagrad-full", kind: "mf",
            hyperparameters: ["loss": "warp", "optimizer": "adagrad-full"]),
        Subject(
            testDescription: "bce, adam, half-life", kind: "mf",
            hyperparameters: ["loss": "bce", "optimizer": "adam", "learning-rate": 0.01, "half-life": "30d"]),
        Subject(
            testDescription: "bpr, sgd, the hardest of four, recency", kind: "mf",
            hyperparameters: ["loss": "bpr", "optimizer": "sgd", "hardest-of": 4, "recency": 0.7]),
        Subject(
            testDescription: "bsl, falling rate, recency, singular vectors", kind: "mf",
            hyperparameters: [
                "loss": "bsl", "batch-size": 64, "schedule": "linear", "recency": 0.7, "start": "singular",
            ]),
        Subject(testDescription: "bsl, adam", kind: "mf", hyperparameters: ["loss": "bsl", "batch-size": 64]),
        Subject(
            testDescription: "softmax, inner product, sgd", kind: "mf",
            hyperparameters: [
                "loss": "softmax", "batch-size": 64, "similarity": "dot", "optimizer": "sgd", "learning-rate": 1.0,
            ]),
        Subject(
            testDescription: "sampled softmax, queue, bfloat16", kind: "mf",
            hyperparameters: [
                "loss": "sampled-softmax", "negatives": "queue", "negative-count": 30, "queue-size": 40,
                "batch-size": 64, "precision": "bfloat16", "mask-positives": true,
            ]),
        Subject(
            testDescription: "lightgcn, bpr", kind: "lightgcn", hyperparameters: ["loss": "bpr", "batch-size": 2048]),
        Subject(
            testDescription: "lightgcn, bsl", kind: "lightgcn", hyperparameters: ["loss": "bsl", "batch-size": 128]),
    ]

    private var bsl: Subject { Self.subjects.first { $0.testDescription == "bsl, adam" }! }

    private func bytes(_ model: any RetrievalModel) throws -> Data {
        let folder = temporaryFolder()
        try model.save(to: folder)
        return try Data(contentsOf: URL(filePath: folder + "/weights.safetensors"))
    }

    @Test(arguments: subjects) func aStoppedTrainingResumesBitForBit(_ subject: Subject) throws {
        let data = try BehaviourTests.data.get()
        var straight = try subject.make()
        let asked = Mutex(0)
        let report = try straight.fit(
            data,
            options: TrainingOptions(threads: 2) {
                asked.withLock { $0 += 1 }
                return false
            })
        #expect(report.epochs == 4 && report.validation.count == 4 && report.loss[3] < report.loss[0])
        let total = asked.withLock { $0 }

        let folder = temporaryFolder()
        let again = Mutex(0)
        var stopped = try subject.make()
        // Cut off within the third epoch.
        #expect {
            try stopped.fit(
                data,
                options: TrainingOptions(threads: 2, checkpointFolder: folder) {
                    again.withLock {
                        $0 += 1
                        return $0 > total / 2 + 1
                    }
                })
        } throws: {
            ($0 as? MartletError)?.code == .cancelled
        }
        var resumed = try subject.make()
        let second = try resumed.fit(
            data, options: TrainingOptions(threads: 2, checkpointFolder: folder, resume: true))
        #expect(second.loss == report.loss && second.validation == report.validation)
        #expect(try bytes(resumed) == bytes(straight))
    }

    /// What early stopping of hopeless points is built on.
    @Test(arguments: subjects) func aTrainingThatPausedGoesOnBitForBit(_ subject: Subject) throws {
        let data = try BehaviourTests.data.get()
        var straight = try subject.make()
        let report = try straight.fit(data, options: TrainingOptions(threads: 2))
        let folder = temporaryFolder()
        var paused = try subject.make()
        let first = try paused.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: folder, pauseAfter: 2))
        #expect(first.loss == Array(report.loss.prefix(2)) && first.validation == Array(report.validation.prefix(2)))
        var resumed = try subject.make()
        _ = try resumed.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: folder, resume: true))
        #expect(try bytes(resumed) == bytes(straight))
    }

    @Test(arguments: subjects) func theSeedChoosesTheRun(_ subject: Subject) throws {
        let data = try BehaviourTests.data.get()
        func trained(seed: UInt64, threads: Int) throws -> Data {
            var model = try subject.make(["epochs": 2])
            _ = try model.fit(data, options: TrainingOptions(seed: seed, threads: threads))
            return try bytes(model)
        }
        #expect(try trained(seed: 1, threads: 3) == trained(seed: 1, threads: 3))
        #expect(try trained(seed: 1, threads: 3) != trained(seed: 2, threads: 3))
    }

    @Test(arguments: [
        Subject(testDescription: "bpr", kind: "mf", hyperparameters: ["loss": "bpr", "optimizer": "sgd"]),
        Subject(testDescription: "warp", kind: "mf", hyperparameters: ["loss": "warp", "optimizer": "sgd"]),
        Subject(
            testDescription: "softmax", kind: "mf",
            hyperparameters: ["loss": "softmax", "similarity": "dot", "optimizer": "sgd"]),
        Subject(
            testDescription: "lightgcn", kind: "lightgcn",
            hyperparameters: ["loss": "softmax", "similarity": "dot", "optimizer": "sgd"]),
    ]) func aLossThatDivergesStopsTheTraining(_ subject: Subject) throws {
        let data = try BehaviourTests.data.get()
        var model = try subject.make(["learning-rate": 1e6, "initial-deviation": 1, "epochs": 20])
        #expect {
            try model.fit(data, options: TrainingOptions(threads: 2))
        } throws: { error in
            let error = error as? MartletError
            return error?.code == .failedCheck && error?.message.contains("at step") == true
                && error?.hint?.contains("learning-rate") == true
        }
    }

    @Test func earlyStoppingKeepsTheBestMeasurement() throws {
        let data = try BehaviourTests.data.get()
        var model = try bsl.make([
            "epochs": 60, "validation-every": 2, "patience": 2, "learning-rate": 0.1,
        ])
        let report = try model.fit(data, options: TrainingOptions(threads: 2))
        #expect(report.epochs == report.bestEpoch + 4 || report.epochs == 60)
        #expect(report.validation.max() == report.validation[report.bestEpoch / 2 - 1])
        var again = try bsl.make(["learning-rate": 0.1])
        let refit = try again.fit(data, options: TrainingOptions(threads: 2, epochs: report.bestEpoch))
        #expect(refit.epochs == report.bestEpoch && refit.validationMetric == nil)
    }

    @Test func whatDoesNotGoTogetherIsReported() throws {
        let wrong: [(String, JSONValue, String)] = [
            ("mf", ["loss": "softmax", "negatives": "uniform"], "negatives"),
            ("mf", ["loss": "bpr", "negatives": "in-batch"], "negatives"),
            ("mf", ["loss": "bsl", "item-bias": true], "item-bias"), ("mf", ["half-life": 0], "half-life"),
            ("lightgcn", ["loss": "warp"], "loss"), ("lightgcn", ["loss": "bpr", "negatives": "mixed"], "negatives"),
        ]
        for (kind, hyperparameters, key) in wrong {
            #expect {
                try ModelRegistry.make(kind: kind, hyperparameters: hyperparameters)
            } throws: {
                ($0 as? MartletError)?.message.contains("\(kind).\(key)") == true
            }
        }
    }
}
