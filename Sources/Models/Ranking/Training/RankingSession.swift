import Core
import Features
import Tensor

/// One training of a ranking model from the first epoch, or from a checkpoint, to the last.
struct RankingSession<Network: RankingNetwork> {
    private let settings: RankingHyperparameters
    private let shape: RankingShape
    private let data: InteractionDataset
    private let options: TrainingOptions
    private let threads: Int
    private let validation: ValidationRecall?
    private(set) var trainer: RankingTrainer<Network>
    private var trainedRows = 0
    private var trainedSeconds = 0.0
    /// The network in float32, whatever it is trained in.
    let scoringNetwork: Network
    /// Where the training stands.
    private(set) var state: TrainingState

    /// How many pairs of users and items a validation may score.
    private static var validationPairs: Int { 4_000_000 }

    init(
        _ network: Network, _ parameters: Parameters, _ settings: RankingHyperparameters, _ shape: RankingShape,
        _ data: InteractionDataset, _ options: TrainingOptions
    ) throws {
        self.settings = settings
        self.shape = shape
        self.data = data
        self.options = options
        threads = options.threads ?? Threads.count
        scoringNetwork =
            settings.network.precision == .bfloat16 ? RankingModel<Network>.build(shape, settings).0 : network
        let inputs = try RankingInputs(shape.inputs, settings, data)
        let rows = try TrainingRows(
            data, windows: options.windows, context: shape.inputs.contextFeatures, halfLife: settings.halfLife)
        let labels = try TargetLabels(shape.targets, settings.targets, rows.histories, data)
        trainer = RankingTrainer(
            network, parameters, settings, rows: rows, inputs: inputs, labels: labels, threads: threads)
        validation = try ValidationRecall(
            data, options, mostUsers: max(200, Self.validationPairs / max(data.items.count, 1)))
        state = TrainingState(parameters: parameters, best: parameters.copy(), optimizer: trainer.optimizer)
        if options.resume, let folder = options.checkpointFolder {
            try state.read(from: folder, identity: identity)
            trainer.optimizer.step = state.optimizer.step
        }
    }

    /// How many interactions an epoch has.
    var interactionCount: Int { trainer.rows.histories.count }
    /// What the validation measures, or nil.
    var metricName: String? { validation?.name }
    /// Rows learned from per second of training, negatives included.
    var samplesPerSecond: Double { Double(trainedRows) / max(trainedSeconds, 1e-9) }

    private var mostEpochs: Int { options.epochs ?? settings.epochs }
    private var batchGroups: Int { RankingTrainer<Network>.groups(settings) }
    private var stepsPerEpoch: Int { (interactionCount + batchGroups - 1) / batchGroups }

    /// What tells that a checkpoint belongs to this training; how long it may run does not, unless the schedule looks
    /// at it.
    private var identity: JSONValue {
        var members = settings.json.object ?? [:]
        if settings.schedule.shape == .constant { members["epochs"] = nil }
        members["patience"] = nil
        members["calibration"] = nil
        members["target-weights"] = nil
        members["seed"] = .string("\(options.seed)")
        members["threads"] = .integer(Int64(threads))
        members["schema"] = shape.json
        members["rows"] = .integer(Int64(interactionCount))
        members["validation"] = .string(validation?.name ?? "none")
        if validation?.exclude != nil { members["exclude-seen"] = .bool(true) }
        return .object(members)
    }

    /// Runs the epochs that are left.
    mutating func run() throws {
        let task = "train \(Network.kind)"
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

    /// Whether the validation metric has not grown for `patience` epochs.
    private var isExhausted: Bool {
        validation != nil && state.epochs - state.bestEpoch >= settings.patience && state.epochs > 0
    }

    private mutating func epoch(_ epoch: Int, task: String) throws -> Double {
        let start = ContinuousClock.now
        let batches = ShuffledBatches(
            count: interactionCount, batchSize: batchGroups, seed: options.seed, epoch: epoch)
        var sum = 0.0
        for index in 0..<batches.count {
            try options.checkCancellation()
            let batch = batches[index]
            let seed = options.seed &+ UInt64(epoch) << 40 &+ UInt64(index) << 8
            let factor = settings.schedule.factor(
                step: (epoch - 1) * stepsPerEpoch + index, of: mostEpochs * stepsPerEpoch)
            let loss = trainer.step(batch, seed: seed, rate: settings.learningRate * factor)
            guard loss.isFinite else { throw diverged(loss, epoch: epoch, step: trainer.optimizer.step + 1) }
            sum += loss * Double(batch.count)
            let done = (epoch - 1) * interactionCount + index * batchGroups + batch.count
            options.progress.update(
                task, done: done, total: mostEpochs * interactionCount, unit: "rows",
                note: "epoch \(epoch) · loss \(Self.rounded(loss))"
                    + (state.validation.last.map { " · \(metricName ?? "") \(Self.rounded($0))" } ?? ""))
        }
        trainedRows += interactionCount * (1 + settings.negatives)
        trainedSeconds += TrainingClock.seconds(since: start)
        return sum / Double(interactionCount)
    }

    private func measure(_ validation: ValidationRecall) throws -> Double {
        let scorer = try RankingScorer(
            scoringNetwork, state.parameters, settings, shape, data, inputs: trainer.inputs,
            correction: trainer.sampler.correction(negatives: settings.negatives), threads: threads)
        return validation.measure(
            try scorer.lists(validation.request, histories: trainer.rows.histories, threads: threads))
    }

    private func diverged(_ loss: Double, epoch: Int, step: Int) -> MartletError {
        let kept =
            state.bestEpoch > 0
            ? "the weights of epoch \(state.bestEpoch) were kept" : "there is no finished epoch to go back to"
        return MartletError(
            .failedCheck, "the loss became \(loss) at step \(step) (epoch \(epoch)); \(kept)",
            hint: "lower 'learning-rate' (now \(settings.learningRate)), or set 'warm-up' to some hundred steps")
    }

    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
