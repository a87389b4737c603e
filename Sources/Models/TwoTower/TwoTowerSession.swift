import Core
import Features
import Tensor

/// One training from the first epoch, or from a checkpoint, to the last.
struct TwoTowerSession {
    private let settings: TwoTowerHyperparameters
    private let shape: TwoTowerShape
    private let data: InteractionDataset
    private let options: TrainingOptions
    private let threads: Int
    private let validation: ValidationRecall?
    private var trainer: TwoTowerTrainer
    private var trainedRows = 0
    private var trainedSeconds = 0.0
    /// Where the training stands.
    private(set) var state: TrainingState

    init(
        _ network: TwoTowerNetwork, _ settings: TwoTowerHyperparameters, _ shape: TwoTowerShape,
        _ data: InteractionDataset, _ options: TrainingOptions
    ) throws {
        self.settings = settings
        self.shape = shape
        self.data = data
        self.options = options
        threads = options.threads ?? Threads.count
        let users = try EntityInputs(
            data.users, kind: "user", hasID: settings.usesUserID, features: shape.userFeatures,
            numbers: shape.userNumbers)
        let items = try EntityInputs(
            data.items, kind: "item", hasID: true, features: shape.itemFeatures, numbers: shape.itemNumbers)
        let rows = try TrainingRows(
            data, windows: options.windows, context: shape.contextFeatures, halfLife: settings.halfLife)
        trainer = TwoTowerTrainer(
            network, settings, rows: rows, users: users, items: items, seed: options.seed, threads: threads)
        validation = try ValidationRecall(data, options)
        state = TrainingState(
            parameters: network.parameters, best: network.parameters.copy(), optimizer: trainer.optimizer)
        if options.resume, let folder = options.checkpointFolder {
            try state.read(from: folder, identity: identity)
            trainer.optimizer.step = state.optimizer.step
        }
    }

    /// How many rows an epoch has.
    var rowCount: Int { trainer.rows.histories.count }
    /// What the validation measures, or nil.
    var metricName: String? { validation?.name }
    /// Rows learned from per second of training.
    var samplesPerSecond: Double { Double(trainedRows) / max(trainedSeconds, 1e-9) }

    /// The network with the best epoch's numbers.
    var bestNetwork: TwoTowerNetwork {
        var network = trainer.network
        network.parameters = state.best.copy()
        return network
    }

    /// What tells that a checkpoint belongs to this training; how long it may run does not.
    private var identity: JSONValue {
        var members = settings.json.object ?? [:]
        members["epochs"] = nil
        members["patience"] = nil
        members["seed"] = .string("\(options.seed)")
        members["threads"] = .integer(Int64(threads))
        members["schema"] = shape.json
        members["rows"] = .integer(Int64(rowCount))
        members["validation"] = .string(validation?.name ?? "none")
        if validation?.exclude != nil { members["exclude-seen"] = .bool(true) }
        return .object(members)
    }

    /// Runs the epochs that are left.
    mutating func run() throws {
        let task = "train \(TwoTowerModel.kind)"
        options.progress.begin(task)
        while state.epochs < mostEpochs, !isExhausted, !options.isPaused(after: state.epochs) {
            let loss = try epoch(state.epochs + 1, task: task)
            state.loss.append(loss)
            if let validation { state.validation.append(try measure(validation)) }
            options.log(
                epoch: state.epochs, loss: loss, validation: validation.flatMap { _ in state.validation.last },
                metric: validation?.name)
            if validation == nil || state.validation.last! > (state.validation.dropLast().max() ?? -.infinity) {
                state.bestEpoch = state.epochs
                state.best.assign(state.parameters)
            }
            if let folder = options.checkpointFolder {
                state.optimizer.step = trainer.optimizer.step
                try state.write(to: folder, identity: identity)
            }
        }
        let metric = validation.map { " · \($0.name) \(Self.rounded(state.validation.max() ?? 0))" } ?? ""
        options.progress.end(
            task,
            summary: "\(state.epochs) epochs, best \(state.bestEpoch) · loss "
                + "\(Self.rounded(state.loss.last ?? 0))\(metric) · \(Int(samplesPerSecond)) samples/s")
    }

    private var mostEpochs: Int { options.epochs ?? settings.epochs }

    /// Whether the validation metric has not grown for `patience` epochs.
    private var isExhausted: Bool {
        validation != nil && state.epochs - state.bestEpoch >= settings.patience && state.epochs > 0
    }

    private mutating func epoch(_ epoch: Int, task: String) throws -> Double {
        let start = ContinuousClock.now
        let batches = ShuffledBatches(
            count: rowCount, batchSize: settings.batchSize, seed: options.seed, epoch: epoch)
        var sum = 0.0
        for index in 0..<batches.count {
            try options.checkCancellation()
            let batch = batches[index]
            let seed = options.seed &+ UInt64(epoch) << 40 &+ UInt64(index) << 8
            let loss = trainer.step(batch, seed: seed)
            guard loss.isFinite else { throw diverged(loss, epoch: epoch, step: trainer.optimizer.step + 1) }
            sum += loss * Double(batch.count)
            let done = (epoch - 1) * rowCount + index * settings.batchSize + batch.count
            options.progress.update(
                task, done: done, total: mostEpochs * rowCount, unit: "rows",
                note: "epoch \(epoch) · loss \(Self.rounded(loss))"
                    + (state.validation.last.map { " · \(metricName ?? "") \(Self.rounded($0))" } ?? ""))
        }
        trainedRows += rowCount
        trainedSeconds += TrainingClock.seconds(since: start)
        return sum / Double(rowCount)
    }

    private func measure(_ validation: ValidationRecall) throws -> Double {
        let encoder = TwoTowerEncoder(
            trainer.network, shape, settings, data, users: trainer.users, items: trainer.items)
        let lists = try encoder.lists(validation.request, histories: trainer.rows.histories, threads: threads)
        return validation.measure(lists)
    }

    private func diverged(_ loss: Double, epoch: Int, step: Int) -> MartletError {
        let kept =
            state.bestEpoch > 0
            ? "the weights of epoch \(state.bestEpoch) were kept" : "there is no finished epoch to go back to"
        return MartletError(
            .failedCheck, "the loss became \(loss) at step \(step) (epoch \(epoch)); \(kept)",
            hint: "lower 'learning-rate' (now \(settings.learningRate)), or raise 'temperature' "
                + "(now \(settings.temperature))")
    }

    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
