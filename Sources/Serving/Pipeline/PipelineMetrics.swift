import Pipeline

/// What each stage of the pipeline did, for Prometheus.
final class PipelineMetrics: Sendable {
    /// The upper bounds of the latency buckets in seconds; the last bucket has no bound.
    static let bounds: [Double] = [
        0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5,
    ]
    private static let limits = bounds.map { Int($0 * 1e9) }
    /// Buckets, the one without bound, the sum in nanoseconds, candidates in and out, late, failed.
    private static let width = bounds.count + 6

    private let names: [String]
    private let cells: AtomicCounters
    private let totals = AtomicCounters(count: 6)

    /// Makes room for the stages of a declaration; what other stages do is not counted.
    init(_ configuration: PipelineConfiguration) {
        let all = [configuration] + configuration.plan.all
        let sources = all.flatMap { pipeline in pipeline.sources.map { "source.\($0.name)" } }
        let rules = all.flatMap { pipeline in pipeline.rerankers.map { "rerank.\($0.word)" } }
        var known: [String] = []
        for name in ["features"] + sources + ["merge", "filters", "item-features", "rank"] + rules + ["fallback"]
        where !known.contains(name) {
            known.append(name)
        }
        names = known
        cells = AtomicCounters(count: names.count * Self.width)
    }

    /// Notes an answer.
    func record(_ answer: PipelineAnswer) {
        for report in answer.stages {
            guard let place = names.firstIndex(of: report.name) else { continue }
            let start = place * Self.width
            let nanoseconds = Int(report.seconds * 1e9)
            var bucket = 0
            while bucket < Self.bounds.count, nanoseconds > Self.limits[bucket] { bucket += 1 }
            let behind = start + Self.bounds.count + 1
            cells.add(1, at: start + bucket)
            cells.add(nanoseconds, at: behind)
            cells.add(report.candidatesIn, at: behind + 1)
            cells.add(report.candidatesOut, at: behind + 2)
            switch report.outcome {
            case .done: break
            case .late: cells.add(1, at: behind + 3)
            case .failed: cells.add(1, at: behind + 4)
            }
        }
        totals.add(1, at: 0)
        if answer.items.isEmpty { totals.add(1, at: 1) }
        if answer.fallback != nil { totals.add(1, at: 2) }
        if answer.isUnknownUser { totals.add(1, at: 3) }
    }

    /// Notes that a bundle was swapped in.
    func countSwitch() { totals.add(1, at: 4) }

    /// Notes that a bundle could not be loaded.
    func countLoadFailure() { totals.add(1, at: 5) }

    /// Writes all metrics.
    func write(to text: inout PrometheusText, current: ServedPipeline?) {
        let name = "martlet_pipeline_stage_duration_seconds"
        text.begin(name, "histogram", "Time that a stage of the pipeline took, for all requests of its batch.")
        for (place, stage) in names.enumerated() {
            let start = place * Self.width
            var total = 0
            for (bucket, bound) in (Self.bounds + [.infinity]).enumerated() {
                total += cells.value(at: start + bucket)
                text.sample(
                    name + "_bucket", [("stage", stage), ("le", PrometheusText.number(bound))], Double(total))
            }
            let sum = Double(cells.value(at: start + Self.bounds.count + 1)) / 1e9
            text.sample(name + "_sum", [("stage", stage)], sum)
            text.sample(name + "_count", [("stage", stage)], Double(total))
        }
        let counters = [
            ("candidates_in_total", "Candidates that went into a stage."),
            ("candidates_out_total", "Candidates that came out of a stage."),
        ]
        for (offset, counter) in counters.enumerated() {
            let name = "martlet_pipeline_\(counter.0)"
            text.begin(name, "counter", counter.1)
            for (place, stage) in names.enumerated() {
                let value = cells.value(at: place * Self.width + Self.bounds.count + 2 + offset)
                text.sample(name, [("stage", stage)], Double(value))
            }
        }
        text.begin("martlet_pipeline_stages_skipped_total", "counter", "Stages that answers did without, by reason.")
        for (place, stage) in names.enumerated() {
            for (offset, reason) in ["late", "failed"].enumerated() {
                let value = cells.value(at: place * Self.width + Self.bounds.count + 4 + offset)
                text.sample(
                    "martlet_pipeline_stages_skipped_total", [("stage", stage), ("reason", reason)], Double(value))
            }
        }
        let singles = [
            ("answers_total", "Answers of the pipeline."), ("empty_answers_total", "Answers without an item."),
            ("fallbacks_total", "Answers that were filled up with what sells."),
            ("unknown_users_total", "Answers to users of whom nothing was known."),
            ("switches_total", "Bundles that were swapped in."),
            ("load_failures_total", "Bundles that could not be loaded."),
        ]
        for (place, single) in singles.enumerated() {
            text.single("martlet_pipeline_\(single.0)", "counter", single.1, Double(totals.value(at: place)))
        }
        if let items = current?.pipeline.keptItems {
            let name = "martlet_pipeline_item_features_total"
            text.begin(name, "counter", "Candidates' features of the version that is served, by where they came from.")
            text.sample(name, [("from", "kept")], Double(items.kept))
            text.sample(name, [("from", "store")], Double(items.read))
        }
        guard let current else { return }
        let version = current.pipeline.bundle.version
        text.single("martlet_pipeline_version", "gauge", "The version whose bundle is served.", Double(version))
        guard let drift = current.drift?.status else { return }
        text.begin(
            "martlet_pipeline_score_drift_answers", "gauge", "Answers whose best scores the score drift is made of.")
        text.sample("martlet_pipeline_score_drift_answers", [("version", "\(version)")], Double(drift.answers))
        guard let index = drift.index else { return }
        text.begin(
            "martlet_pipeline_score_drift", "gauge",
            "Population stability index of the ranking model's best scores against those at publishing; 0.25 is much.")
        text.sample("martlet_pipeline_score_drift", [("version", "\(version)")], index)
    }
}
