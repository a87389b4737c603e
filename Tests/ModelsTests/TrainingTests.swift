import Core
import Features
import FoundationEssentials
import Models
import Synchronization
import Tensor
import Testing

/// How two towers train: stopping, resuming, failing.
@Suite struct TrainingTests {
    static let settings: JSONValue = ["layers": [16, 8], "batch-size": 512, "epochs": 4, "patience": 10]

    private func model(_ changes: [String: JSONValue] = [:]) throws -> any RetrievalModel {
        let members = (Self.settings.object ?? [:]).merging(changes) { _, new in new }
        return try ModelRegistry.make(kind: "two-tower", hyperparameters: .object(members))
    }

    private func bytes(_ model: any RetrievalModel) throws -> Data {
        let folder = temporaryFolder()
        try model.save(to: folder)
        return try Data(contentsOf: URL(filePath: folder + "/weights.safetensors"))
    }

    @Test(arguments: [
        ("adagrad", "float32"), ("adagrad-full", "float32"), ("adam", "float32"), ("adagrad", "bfloat16"),
    ])
    func aStoppedTrainingResumesBitForBit(_ optimizer: String, _ precision: String) throws {
        let data = try BehaviourTests.data.get()
        let changes: [String: JSONValue] = [
            "optimizer": .string(optimizer), "precision": .string(precision), "learning-rate": 0.02, "dropout": 0.1,
        ]
        var straight = try model(changes)
        let report = try straight.fit(data, options: TrainingOptions(threads: 2))
        #expect(report.epochs == 4 && report.validation.count == 4 && report.loss.count == 4)
        #expect(report.loss[3] < report.loss[0])

        let folder = temporaryFolder()
        let asked = Mutex(0)
        let batches = (data.rowCount(.train) + 511) / 512
        var stopped = try model(changes)
        // Cut off in the middle of the third epoch.
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
        var resumed = try model(changes)
        let second = try resumed.fit(
            data, options: TrainingOptions(threads: 2, checkpointFolder: folder, resume: true))
        #expect(second.loss == report.loss && second.validation == report.validation)
        #expect(second.bestEpoch == report.bestEpoch)
        #expect(try bytes(resumed) == bytes(straight))

        let pausing = temporaryFolder()
        var paused = try model(changes)
        let first = try paused.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: pausing, pauseAfter: 2))
        #expect(first.loss == Array(report.loss.prefix(2)))
        var after = try model(changes)
        _ = try after.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: pausing, resume: true))
        #expect(try bytes(after) == bytes(straight))
    }

    @Test func bfloat16LearnsAsFloat32Does() throws {
        let data = try BehaviourTests.data.get()
        var (exact, rounded) = (try model(), try model(["precision": "bfloat16"]))
        let first = try exact.fit(data, options: TrainingOptions(threads: 2, epochs: 4))
        let second = try rounded.fit(data, options: TrainingOptions(threads: 2, epochs: 4))
        #expect(first.loss != second.loss)
        for (one, other) in zip(first.loss, second.loss) { #expect(abs(one - other) < 0.01 * one) }
    }

    @Test func theSeedChoosesTheRun() throws {
        let data = try BehaviourTests.data.get()
        var (one, same, other) = (try model(), try model(), try model())
        _ = try one.fit(data, options: TrainingOptions(seed: 1, threads: 2))
        _ = try same.fit(data, options: TrainingOptions(seed: 1, threads: 2))
        _ = try other.fit(data, options: TrainingOptions(seed: 2, threads: 2))
        #expect(try bytes(one) == bytes(same))
        #expect(try bytes(one) != bytes(other))
    }

    @Test func theCheckpointOfAnotherTrainingIsRefused() throws {
        let data = try BehaviourTests.data.get()
        let folder = temporaryFolder()
        var first = try model(["epochs": 1])
        _ = try first.fit(data, options: TrainingOptions(threads: 1, checkpointFolder: folder))
        var second = try model(["epochs": 1, "temperature": 0.2])
        #expect {
            try second.fit(data, options: TrainingOptions(threads: 1, checkpointFolder: folder, resume: true))
        } throws: {
            ($0 as? MartletError)?.message.contains("temperature") == true
        }
    }

    @Test func aLossThatDivergesStopsTheTraining() throws {
        let data = try BehaviourTests.data.get()
        var model = try model(["normalize": false, "learning-rate": 1e6, "optimizer": "adam", "temperature": 0.001])
        #expect {
            try model.fit(data, options: TrainingOptions(threads: 2))
        } throws: { error in
            let error = error as? MartletError
            return error?.code == .failedCheck && error?.message.contains("at step") == true
                && error?.hint?.contains("learning-rate") == true
        }
    }

    @Test func theLastGoodEpochSurvivesADivergence() throws {
        let data = try BehaviourTests.data.get()
        let folder = temporaryFolder()
        var good = try model(["epochs": 1])
        _ = try good.fit(data, options: TrainingOptions(threads: 2, checkpointFolder: folder))
        let checkpoint = try Data(contentsOf: URL(filePath: folder + "/checkpoint.safetensors"))
        var cut = try model()
        let asked = Mutex(0)
        #expect(throws: MartletError.self) {
            try cut.fit(
                data,
                options: TrainingOptions(threads: 2, checkpointFolder: folder, resume: true) {
                    asked.withLock {
                        $0 += 1
                        return $0 > 3
                    }
                })
        }
        // The files differ in one hyperparameter, 'epochs'.
        let request = RecommendationRequest(
            users: Array(0..<Int32(data.users.count)), k: 12, at: data.split.validationStart)
        #expect(try cut.recommend(request, data: data) == good.recommend(request, data: data))
        #expect(try Data(contentsOf: URL(filePath: folder + "/checkpoint.safetensors")) == checkpoint)
    }

    @Test func aFixedNumberOfEpochsLooksAtNoValidation() throws {
        let data = try BehaviourTests.data.get()
        var model = try model()
        let report = try model.fit(
            data, options: TrainingOptions(threads: 2, windows: [.train, .validation], epochs: 2))
        #expect(report.epochs == 2 && report.bestEpoch == 2 && report.validationMetric == nil)
        #expect(report.interactions == data.rowCount(.train) + data.rowCount(.validation))
    }

    @Test func earlyStoppingKeepsTheBestEpoch() throws {
        let data = try BehaviourTests.data.get()
        var model = try model(["epochs": 40, "patience": 2, "learning-rate": 0.3])
        let report = try model.fit(data, options: TrainingOptions(threads: 2))
        #expect(report.epochs == report.bestEpoch + 2 || report.epochs == 40)
        #expect(report.validation.max() == report.validation[report.bestEpoch - 1])
    }

    @Test func aNumberThatIsNaNIsNamed() throws {
        let built = try PlantedShop(users: 40, items: 24, purchasesPerUser: 8).build()
        try Self.replace("price", in: built.path + "/items") { table in
            guard case .float32(let values) = try table.column("price").values else { return nil }
            return Column(.float32(Buffer(values.array.enumerated().map { $0 == 7 ? .nan : $1 })))
        }
        var model = try model()
        #expect {
            _ = try model.fit(InteractionDataset.open(built.path), options: TrainingOptions())
        } throws: { error in
            let message = (error as? MartletError)?.message ?? ""
            return message.contains("'price'") && message.contains("row 7")
        }
    }

    @Test func aCodePastItsTableIsNamed() throws {
        let built = try PlantedShop(users: 40, items: 24, purchasesPerUser: 8).build()
        try Self.replace("region", in: built.path + "/users") { table in
            guard case .int32(let values) = try table.column("region").values else { return nil }
            return Column(.int32(Buffer(values.array.enumerated().map { $0 == 3 ? 99 : $1 })))
        }
        var model = try model()
        #expect {
            _ = try model.fit(InteractionDataset.open(built.path), options: TrainingOptions())
        } throws: { error in
            let message = (error as? MartletError)?.message ?? ""
            return message.contains("'region'") && message.contains("row 3") && message.contains("99")
        }
    }

    /// Rewrites one column of a dataset.
    private static func replace(_ name: String, in folder: String, _ change: (Table) throws -> Column?) throws {
        let dataset = try Dataset.open(folder)
        var table = try dataset.table()
        let place = try #require(table.schema.index(of: name))
        table.columns[place] = try #require(try change(table))
        let writer = try DatasetWriter(path: folder, schema: dataset.schema)
        try writer.append(table)
        _ = try writer.finish()
    }
}
