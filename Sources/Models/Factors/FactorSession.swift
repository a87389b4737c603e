import Core
import Features
import Tensor

/// One training of a factor model from the first epoch, or from a checkpoint, to the last.
struct FactorSession<Trainer: FactorTrainer> {
    private let kind: String
    private let hyperparameters: JSONValue
    private let schedule: FactorSchedule
    private let data: InteractionDataset
    private let options: TrainingOptions
    private let validation: ValidationRecall?
    private let popularity: [Float]
    private let shape: DatasetShape
    private var trainer: Trainer
    private var trainedSeconds = 0.0
    private var trainedEpochs = 0
    /// How many epochs were finished when each of the state's measurements was made.
    private var measured: [Int] { measuredEpochs(state.epochs) }
    /// Where the training stands.
    private(set) var state: TrainingState

    init(
        _ trainer: Trainer, kind: String, hyperparameters: JSONValue, schedule: FactorSchedule,
        data: InteractionDataset, popularity: [Float], options: TrainingOptions
    ) throws {
        self.trainer = trainer
        self.kind = kind
        self.hyperparameters = hyperparameters
        self.schedule = schedule
        self.data = data
        self.popularity = popularity
        self.options = options
        shape = DatasetShape(data, windows: options.windows)
        validation = try ValidationRecall(data, options)
        state = TrainingState(
            parameters: trainer.parameters, best: trainer.parameters.copy(), optimizer: trainer.optimizer)
        if options.resume, let folder = options.checkpointFolder {
            try state.read(from: folder, identity: identity)
            self.trainer.optimizer.step = state.optimizer.step
        }
    }

    /// The vectors of the best epoch.
    var best: Factors { factors(state.best) }

    /// What the training did.
    func report(_ clock: TrainingClock) -> TrainingReport {
        TrainingReport(
            model: kind, interactions: trainer.sampleCount, epochs: state.epochs, bestEpoch: state.bestEpoch,
            validationMetric: validation?.name, validation: state.validation, loss: state.loss, seconds: clock.seconds,
            samplesPerSecond: Double(trainer.sampleCount * trainedEpochs) / max(trainedSeconds, 1e-9),
            peakMemoryBytes: TrainingClock.peakMemoryBytes)
    }

    private func factors(_ parameters: Parameters) -> Factors {
        let vectors = trainer.vectors(parameters)
        return Factors(
            users: vectors.users, items: vectors.items, itemBias: vectors.bias, popularity: popularity, shape: shape)
    }

    /// What tells that a checkpoint belongs to this training; how long it may run does not.
    private var identity: JSONValue {
        var members = hyperparameters.object ?? [:]
        // A rate that falls to the last epoch falls otherwise if there are more.
        members["epochs"] = schedule.rate == .constant ? nil : .integer(Int64(mostEpochs))
        members["patience"] = nil
        members["seed"] = .string("\(options.seed)")
        members["threads"] = .integer(Int64(options.threads ?? Threads.count))
        members["schema"] = shape.json
        members["pairs"] = .integer(Int64(trainer.sampleCount))
        members["validation"] = .string(validation?.name ?? "none")
        return .object(members)
    }

    // MARK: - Epochs

    /// Runs the epochs that are left.
    ///
    /// - Throws: `failedCheck` for a loss that is not finite, `cancelled`.
    mutating func run() throws {
        let task = "train \(kind)"
        options.progress.begin(task)
        while state.epochs < mostEpochs, !isExhausted, !isPaused {
            state.loss.append(try epoch(state.epochs + 1, task: task))
            options.log(epoch: state.epochs, loss: state.loss.last)
            if let validation {
                if isMeasured(state.epochs) {
                    let lists = try factors(state.parameters).lists(
                        validation.request, data: data, threads: options.threads)
                    state.validation.append(validation.measure(lists))
                    options.log(
                        epoch: state.epochs, loss: nil, validation: state.validation.last, metric: validation.name)
                    if state.validation.last! > (state.validation.dropLast().max() ?? -.infinity) { keep() }
                }
            } else {
                keep()
            }
            if let folder = options.checkpointFolder {
                state.optimizer.step = trainer.optimizer.step
                try state.write(to: folder, identity: identity)
            }
        }
        let metric = validation.map { " · \($0.name) \(Self.rounded(state.validation.max() ?? 0))" } ?? ""
        options.progress.end(
            task,
            summary: "\(state.epochs) epochs, best \(state.bestEpoch) · loss \(Self.rounded(state.loss.last ?? 0))"
                + metric)
    }

    private mutating func keep() {
        state.bestEpoch = state.epochs
        state.best.assign(state.parameters)
    }

    private var mostEpochs: Int { options.epochs ?? schedule.epochs }

    private func isMeasured(_ epoch: Int) -> Bool { epoch % schedule.validationEvery == 0 || epoch == mostEpochs }

    private func measuredEpochs(_ count: Int) -> [Int] { count == 0 ? [] : (1...count).filter(isMeasured) }

    /// Whether the validation metric has not grown for `patience` measurements.
    private var isExhausted: Bool {
        validation != nil && state.epochs > 0
            && measured.count { $0 > state.bestEpoch } >= schedule.patience
    }

    /// A pause waits for the next measurement: without one there would be nothing to judge by.
    private var isPaused: Bool {
        options.isPaused(after: state.epochs) && (validation == nil || isMeasured(state.epochs))
    }

    private mutating func epoch(_ number: Int, task: String) throws -> Double {
        let start = ContinuousClock.now
        let (options, count, total) = (options, trainer.sampleCount, mostEpochs * trainer.sampleCount)
        var note = "epoch \(number)"
        if let loss = state.loss.last { note += " · loss \(Self.rounded(loss))" }
        if let metric = state.validation.last { note += " · \(validation?.name ?? "") \(Self.rounded(metric))" }
        let loss = try trainer.epoch(
            number, rate: { [schedule, mostEpochs] in schedule.factor(after: Double(number - 1) + $0, of: mostEpochs) }
        ) { done in
            try options.checkCancellation()
            options.progress.update(
                task, done: (number - 1) * count + done, total: total, unit: "pairs", note: note)
        }
        trainedSeconds += TrainingClock.seconds(since: start)
        trainedEpochs += 1
        guard loss.isFinite else { throw diverged(loss, epoch: number) }
        return loss
    }

    private func diverged(_ loss: Double, epoch: Int) -> MartletError {
        let kept =
            state.bestEpoch > 0
            ? "the weights of epoch \(state.bestEpoch) were kept" : "there is no finished epoch to go back to"
        return MartletError(
            .failedCheck, "the loss became \(loss) at step \(trainer.optimizer.step + 1) (epoch \(epoch)); \(kept)",
            hint: "lower 'learning-rate' (now \(hyperparameters["learning-rate"]?.description ?? "?"))")
    }

    private static func rounded(_ value: Double) -> Double { (value * 1e5).rounded() / 1e5 }
}
