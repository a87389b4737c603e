import Pipeline
import Stores

/// What variants answered and what shadows would have, for Prometheus.
final class ExperimentMetrics: Sendable {
    /// The bounds of a shadow's duration in seconds.
    private static let bounds: [Double] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
    /// Compared, skipped, without a late or failed stage, the same answer, overlap in millionths.
    private static let width = 5

    private let variants: [VariantName]
    private let answers: AtomicCounters
    private let shadows: [VariantName]
    private let compared: AtomicCounters
    private let durations: [AtomicHistogram]

    /// Makes room for the experiments of a plan.
    init(_ plan: ExperimentPlan) {
        variants = plan.experiments.flatMap { experiment -> [VariantName] in
            switch experiment.kind {
            case .shadow: []
            case .interleave:
                [
                    VariantName(
                        experiment: experiment.name, variant: experiment.variants.map(\.name).joined(separator: "+"))
                ]
            case .split: experiment.variants.map { VariantName(experiment: experiment.name, variant: $0.name) }
            }
        }
        shadows = plan.experiments.filter { $0.kind == .shadow }.flatMap { experiment in
            experiment.variants.map { VariantName(experiment: experiment.name, variant: $0.name) }
        }
        answers = AtomicCounters(count: max(variants.count, 1))
        compared = AtomicCounters(count: max(shadows.count * Self.width, 1))
        durations = shadows.map { _ in AtomicHistogram(bounds: Self.bounds) }
    }

    /// Notes an answer.
    func record(_ answer: PipelineAnswer) {
        for name in answer.variants {
            if let place = variants.firstIndex(of: name) { answers.add(1, at: place) }
        }
    }

    /// Notes what a shadow would have answered.
    func record(_ shadow: ShadowAnswer) {
        guard let place = shadows.firstIndex(of: shadow.name) else { return }
        compared.add(1, at: place * Self.width)
        if !shadow.answer.stages.contains(where: { $0.skipped != nil }) { compared.add(1, at: place * Self.width + 2) }
        if shadow.isSame { compared.add(1, at: place * Self.width + 3) }
        compared.add(Int(shadow.overlap * 1e6), at: place * Self.width + 4)
        durations[place].record(nanoseconds: Int(shadow.seconds * 1e9))
    }

    /// Notes a shadow that was not computed, for want of room.
    func countSkipped(_ name: VariantName) {
        if let place = shadows.firstIndex(of: name) { compared.add(1, at: place * Self.width + 1) }
    }

    /// Writes all metrics; nothing without an experiment.
    ///
    /// - Parameter log: the state of the log of answers, if there is one.
    func write(to text: inout PrometheusText, log: AnswerLog.Status?) {
        if !variants.isEmpty {
            let name = "martlet_experiment_answers_total"
            text.begin(name, "counter", "Answers by a variant of an experiment.")
            for (place, variant) in variants.enumerated() {
                text.sample(name, Self.labels(variant), Double(answers.value(at: place)))
            }
        }
        if !shadows.isEmpty { writeShadows(to: &text) }
        guard let log else { return }
        text.single("martlet_impressions_logged_total", "counter", "Answers that were logged.", Double(log.logged))
        text.single(
            "martlet_impressions_dropped_total", "counter", "Answers that the log could not take.", Double(log.dropped))
    }

    private func writeShadows(to text: inout PrometheusText) {
        let counters = [
            ("answers_total", "Answers that a shadow was compared with."),
            ("skipped_total", "Answers that a shadow was not computed for, for want of room."),
            ("whole_answers_total", "Answers of a shadow without a late or failed stage."),
            ("same_answers_total", "Answers of a shadow with the shown items in the shown order."),
        ]
        for (offset, counter) in counters.enumerated() {
            let name = "martlet_shadow_\(counter.0)"
            text.begin(name, "counter", counter.1)
            for (place, shadow) in shadows.enumerated() {
                text.sample(name, Self.labels(shadow), Double(compared.value(at: place * Self.width + offset)))
            }
        }
        let overlap = "martlet_shadow_overlap_total"
        text.begin(overlap, "counter", "The sum over compared answers of the share of shown items that the shadow has.")
        for (place, shadow) in shadows.enumerated() {
            text.sample(
                overlap, Self.labels(shadow), Double(compared.value(at: place * Self.width + 4)) / 1e6)
        }
        let name = "martlet_shadow_duration_seconds"
        text.begin(name, "histogram", "Time that a shadow took.")
        for (place, shadow) in shadows.enumerated() {
            durations[place].write(name, labels: Self.labels(shadow), to: &text)
        }
    }

    private static func labels(_ name: VariantName) -> [(String, String)] {
        [("experiment", name.experiment), ("variant", name.variant)]
    }
}
