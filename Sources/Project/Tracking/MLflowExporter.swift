import Core
import Flow

/// Tells an MLflow tracking server of trials: each becomes a run there, with parameters, points, versions and end.
///
/// What the server knows is kept in the store, so that an export that broke off goes on where it was, and one that is
/// made again sends nothing twice.
public struct MLflowExporter: Sendable {
    /// What an export told.
    public struct Report: Sendable, Hashable {
        /// How many trials were looked at.
        public var trials = 0
        /// How many points were sent.
        public var points = 0

        /// Makes a report of nothing.
        public init() {}
    }

    private let store: RunStore
    private let client: MLflowClient
    private let experiment: String

    /// Makes an exporter.
    ///
    /// - Parameters:
    ///   - store: the runs.
    ///   - client: the server.
    ///   - experiment: the experiment's name there.
    public init(store: RunStore, client: MLflowClient, experiment: String) {
        self.store = store
        self.client = client
        self.experiment = experiment
    }

    /// Notes that the server is to be told of a run, now or when it is there again.
    ///
    /// - Throws: the store's errors.
    public func announce(run: String) throws { try store.keep(ExportRecord(run: run), target: client.address) }

    /// Tells the server what it does not know yet of a run.
    ///
    /// - Throws: `unavailable`, `unauthorized`, `invalidData`, and the store's errors; what was sent until then counts.
    @discardableResult
    public func export(run: String) async throws -> Report {
        let record = try store.run(run)
        let target = client.address
        var report = Report()
        var id: String?
        for trial in try store.trials(runs: [run]) {
            report.trials += 1
            var known = try store.export(to: target, run: trial.run, step: trial.step)
            if known?.isComplete ?? false { continue }
            if known == nil {
                if id == nil { id = try await client.experiment(named: experiment) }
                let remote = try await client.createRun(
                    experiment: id ?? "0", name: "\(trial.run) \(trial.step)", started: trial.started ?? record.created,
                    tags: Self.tags(of: trial))
                known = ExportRecord(run: trial.run, step: trial.step, remote: remote)
                try store.keep(known!, target: target)
                try await client.log(run: remote, parameters: Self.parameters(of: trial))
            }
            guard var export = known else { continue }
            for series in trial.metrics.values.sorted(by: { $0.name < $1.name }) {
                let points = try store.unexportedPoints(of: series, target: target)
                for start in stride(from: 0, to: points.count, by: 10_000) {
                    let part = points[start..<min(start + 10_000, points.count)]
                    try await client.log(
                        run: export.remote,
                        points: part.map {
                            MLflowPoint(key: Self.key($0.name), value: $0.value, time: $0.time, step: $0.index)
                        })
                    try store.keepExported(series: series.id, upTo: part.last!.index, target: target)
                    report.points += part.count
                }
            }
            if let status = Self.status(of: trial, in: record) {
                try await client.update(
                    run: export.remote, status: status, ended: trial.started.map { $0 + (trial.seconds ?? 0) })
                export.isComplete = status == "FINISHED"
                try store.keep(export, target: target)
            }
        }
        if record.state == .finished || (record.state == .failed && report.trials > 0) {
            try store.keep(ExportRecord(run: run, isComplete: record.state == .finished), target: target)
        }
        return report
    }

    /// Tells the server of the runs that it was to be told of and missed.
    ///
    /// - Throws: as ``export(run:)``.
    @discardableResult
    public func exportPending() async throws -> Report {
        var all = Report()
        for run in try store.pendingExports(to: client.address) {
            let report = try await export(run: run)
            all.trials += report.trials
            all.points += report.points
        }
        return all
    }

    /// MLflow's word for how a step ended; nil while it runs.
    private static func status(of trial: Trial, in run: RunRecord) -> String? {
        switch trial.state {
        case .finished, .reused: "FINISHED"
        case .failed, .caught: "FAILED"
        case .cancelled: "KILLED"
        case .running: run.state == .running ? nil : "KILLED"
        case .waiting, .skipped: nil
        }
    }

    private static func tags(of trial: Trial) -> [String: String] {
        var tags = ["mlflow.source.name": "martlet", "martlet.run": trial.run, "martlet.step": trial.step]
        for (name, value) in trial.versions { tags["version.\(key(name))"] = text(value) }
        for (name, value) in trial.environment { tags["environment.\(key(name))"] = text(value) }
        for (name, value) in trial.tags { tags[key(name)] = value }
        if let commit = trial.versions["commit"] { tags["mlflow.source.git.commit"] = text(commit) }
        return tags
    }

    private static func parameters(of trial: Trial) -> [String: String] {
        Dictionary(trial.parameters.map { (key($0.key), String(text($0.value).prefix(6000))) }) { first, _ in first }
    }

    private static func text(_ value: JSONValue) -> String { value.string ?? value.description }

    /// A name as MLflow allows it: `recall@12` becomes `recall_at_12`.
    static func key(_ name: String) -> String {
        var key = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", " ", "/", ":": key.unicodeScalars.append(scalar)
            case "@": key += "_at_"
            default: key += "_"
            }
        }
        return key
    }
}
