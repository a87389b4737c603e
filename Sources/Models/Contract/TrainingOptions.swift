import Core
import Features

/// How to train, as opposed to what: nothing here is a property of the model.
public struct TrainingOptions: Sendable {
    /// The name of the file in ``checkpointFolder`` that holds the state after the last epoch.
    public static let checkpointFile = "checkpoint.safetensors"

    /// Where all random numbers come from.
    public var seed: UInt64
    /// How many threads to use; nil takes `Threads.count`. Results repeat exactly for a seed and a thread count.
    public var threads: Int?
    /// Where to keep the state after every epoch and the best weights so far; nil keeps neither.
    public var checkpointFolder: String?
    /// Where to say how far the work is.
    public var progress: any ProgressReporting
    /// Early stopping looks at recall at this length on the validation window.
    public var validationMetricK: Int
    /// Whether early stopping leaves items out of the lists that the user had in ``windows``, for shops and tables that
    /// judge so.
    public var excludesSeen: Bool
    /// Goes on from the checkpoint folder's last epoch, if there is one.
    public var resume: Bool
    /// Told the loss, and what validation measures (`validation/recall@12`), after each pass, counted from 1.
    public var log: @Sendable (_ metric: String, _ value: Double, _ epoch: Int) -> Void = { _, _, _ in }
    /// Asked often; `true` ends the work with `cancelled`, after which a checkpoint can be resumed.
    public var isCancelled: @Sendable () -> Bool
    /// The windows to learn from. `[.train, .validation]` refits a chosen model on everything before the test window;
    /// early stopping is off then.
    public var windows: [Window]
    /// Exactly so many passes, no early stopping: what a refit takes from the report of the training that chose; nil
    /// leaves it to the hyperparameters.
    public var epochs: Int?
    /// Ends the work after so many passes, counted from the first, as if they were the last, and leaves a checkpoint
    /// that a training without this goes on from, bit for bit. Models that make one pass pay no heed.
    public var pauseAfter: Int?

    /// Makes options; every one has a default.
    public init(
        seed: UInt64 = 42, threads: Int? = nil, checkpointFolder: String? = nil,
        progress: any ProgressReporting = SilentProgress(), validationMetricK: Int = 12, excludesSeen: Bool = false,
        resume: Bool = false, windows: [Window] = [.train], epochs: Int? = nil,
        pauseAfter: Int? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.seed = seed
        self.threads = threads
        self.checkpointFolder = checkpointFolder
        self.progress = progress
        self.validationMetricK = validationMetricK
        self.excludesSeen = excludesSeen
        self.resume = resume
        self.windows = windows
        self.epochs = epochs
        self.pauseAfter = pauseAfter
        self.isCancelled = isCancelled
    }

    /// Tells what a pass came to.
    func log(epoch: Int, loss: Double?, validation: Double? = nil, metric: String? = nil) {
        if let loss { log("loss", loss, epoch) }
        if let validation, let metric { log("validation/\(metric)", validation, epoch) }
    }

    /// Whether a training that finished so many passes is to pause.
    func isPaused(after epochs: Int) -> Bool { pauseAfter.map { epochs >= $0 } ?? false }

    /// Ends the work if the caller wants it ended.
    ///
    /// - Throws: `cancelled`.
    func checkCancellation() throws {
        if isCancelled() {
            throw MartletError(
                .cancelled, "training was stopped", hint: "resume goes on from the last finished epoch")
        }
    }
}
