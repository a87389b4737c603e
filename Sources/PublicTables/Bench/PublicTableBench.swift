import Core
import Evaluation
import Features
import FoundationEssentials
import Models
import Tensor

/// Trains models on a public table and judges them as the table's literature does.
///
/// One run: read the files, fit on the training rows with early stopping on the validation rows, fit once more on both
/// with so many epochs, and judge on the test rows, once.
public struct PublicTableBench: Sendable {
    /// The table.
    public var table: PublicTable
    /// The folder or file with the data.
    public var path: String
    /// Where the trainings' random numbers come from.
    public var seed: UInt64 = 42
    /// How many threads to use; nil takes one a core.
    public var threads: Int?
    /// Measures on the validation rows alone: for choosing hyperparameters, without a look at the test rows.
    public var isValidationOnly = false
    /// Where to say how far the work is.
    public var progress: any ProgressReporting = SilentProgress()

    /// Makes a bench.
    public init(_ table: PublicTable, path: String) {
        self.table = table
        self.path = path
    }

    /// Trains and judges one model.
    ///
    /// - Parameters:
    ///   - name: the model's kind in `martlet.yml`, or the name of a preset of the table.
    ///   - hyperparameters: take the place of the table's presets, key by key.
    ///   - epochs: exactly so many passes, as an earlier run chose them: nothing is fitted for choosing then.
    /// - Throws: `notFound` for files or a model that there are not, `invalidConfiguration` for wrong hyperparameters,
    ///   `invalidData` for files of another form, and what training throws.
    public func run(
        _ name: String, hyperparameters: JSONValue = [:], epochs: Int? = nil
    ) throws -> PublicTableResult {
        PeakMemory.reset()
        let start = ContinuousClock.now
        let kind = table.kind(name)
        let settings = Self.merged(table.preset(name), hyperparameters)
        // Wrong hyperparameters should be reported before minutes of reading.
        _ = try ModelRegistry.make(kind: kind, hyperparameters: settings)
        let rows = try TableRows(table, path: path)
        var result = PublicTableResult(
            table: table, model: name, test: [:], validation: [:], epochs: epochs ?? 0, seconds: 0, peakMemoryBytes: 0,
            users: 0, seed: seed, threads: threads ?? Threads.count, hyperparameters: settings, notes: rows.notes)
        if epochs == nil || isValidationOnly {
            let judged = try fitAndJudge(.choosing, rows, kind, settings, epochs: epochs)
            result.validation = judged.metrics
            result.take(judged)
        }
        if !isValidationOnly {
            let judged = try fitAndJudge(.judging, rows, kind, result.hyperparameters, epochs: result.epochs)
            result.test = judged.metrics
            result.take(judged)
        }
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        result.seconds = Double(seconds) + Double(attoseconds) * 1e-18
        result.peakMemoryBytes = PeakMemory.bytes
        return result
    }

    // MARK: - One phase

    struct Judged {
        var metrics: [String: Double]
        var users: Int
        var report: TrainingReport
        var hyperparameters: JSONValue
    }

    private func fitAndJudge(
        _ phase: TablePhase, _ rows: TableRows, _ kind: String, _ settings: JSONValue, epochs: Int?
    ) throws -> Judged {
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = try rows.dataset(phase, path: folder + "/dataset")
        var model = try ModelRegistry.make(kind: kind, hyperparameters: settings)
        let report = try model.fit(
            data,
            options: TrainingOptions(
                seed: seed, threads: threads, progress: progress, validationMetricK: table.k, excludesSeen: true,
                epochs: epochs))
        let evaluation = try judge(model, data, window: phase.judged)
        var metrics: [String: Double] = [:]
        for metric in table.metrics { metrics[metric.key] = evaluation.value(metric.ranking.description) }
        return Judged(
            metrics: metrics, users: evaluation.users, report: report, hyperparameters: model.hyperparameters)
    }

    /// Ranks all items but those that a user had for every user of the window.
    func judge(
        _ model: any RetrievalModel, _ data: InteractionDataset, window: Window
    ) throws -> ModelEvaluation {
        let truth = try data.history([window])
        let users = (0..<Int32(data.users.count)).filter { !truth.range(Int($0)).isEmpty }
        let request = RecommendationRequest(
            users: users, k: table.k, exclude: try data.history([.train]).gathering(rows: users),
            at: data.split[window].lowerBound)
        return try evaluate(
            name: model.kind, lists: model.recommend(request, data: data), truth: truth.gathering(rows: users),
            ks: [table.k], measures: table.metrics.map(\.ranking.measure), itemCount: data.items.count,
            bootstrapSeed: seed)
    }

    private static func merged(_ preset: JSONValue, _ given: JSONValue) -> JSONValue {
        .object((preset.object ?? [:]).merging(given.object ?? [:]) { _, given in given })
    }
}

extension PublicTableResult {
    fileprivate mutating func take(_ judged: PublicTableBench.Judged) {
        epochs = max(judged.report.bestEpoch, 1)
        users = judged.users
        samplesPerSecond = judged.report.samplesPerSecond
        hyperparameters = judged.hyperparameters
    }
}
