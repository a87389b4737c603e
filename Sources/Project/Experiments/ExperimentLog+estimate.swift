import Core
import Evaluation
import Pipeline

/// What a pipeline that was not shown would have earned.
public struct ShadowEstimate: Sendable {
    /// The experiment.
    public var experiment: String
    /// The variant.
    public var variant: String
    /// What is earned: clicks or purchases.
    public var metric: String
    /// The first so many places of an answer count.
    public var places: Int
    /// The estimate; nil if no answer allows one.
    public var estimate: OffPolicyEstimate?
    /// The mean share of the shown items that the shadow has too.
    public var overlap: Double
    /// The mean time of the shadow, in seconds.
    public var seconds: Double
    /// What a reader must know.
    public var notes: [String]
}

extension ExperimentLog {
    /// Estimates what the pipeline of a shadow would have earned, from answers whose order was drawn.
    ///
    /// The log holds how likely each shown place was under the pipeline that answered and under the shadow, both at the
    /// moment of the request, so that nothing needs to be computed again. The model of the doubly robust estimate is
    /// learned twice, each time from the users whom it does not judge.
    ///
    /// - Parameters:
    ///   - places: the first so many places count. Weights multiply down an answer: the deeper, the less is known.
    ///   - confidence: of the intervals, in (0, 1).
    /// - Throws: `invalidConfiguration` if the experiment is no shadow.
    /// - Complexity: O(items of all answers)
    public func estimate(
        _ experiment: ExperimentConfiguration, places: Int = 3, confidence: Double = 0.95
    ) throws -> ShadowEstimate {
        guard experiment.kind == .shadow, let variant = experiment.variants.first else {
            throw MartletError(
                .invalidConfiguration, "'\(experiment.name)' is no shadow: its variants were shown",
                hint: "compare them: martlet experiments report --experiment \(experiment.name)")
        }
        var found: [(answer: ShownAnswer, shadow: ShownAnswer.Shadow)] = []
        var (all, undrawn, late) = (0, 0, 0)
        var (overlap, seconds) = (0.0, 0.0)
        for answer in answers {
            guard let shadow = answer.shadows.first(where: { $0.experiment == experiment.name }) else { continue }
            all += 1
            seconds += shadow.seconds
            overlap +=
                answer.items.isEmpty
                ? 1 : Double(Set(shadow.items).intersection(answer.items).count) / Double(answer.items.count)
            if !answer.isDrawn { undrawn += 1 } else if shadow.propensities == nil { late += 1 }
            if answer.isDrawn, shadow.propensities != nil { found.append((answer, shadow)) }
        }
        let isPurchases = experiment.metric != .clicks
        func rewards(_ answer: ShownAnswer) -> [Double] {
            (isPurchases ? answer.purchases : answer.clicks).prefix(places).map { Double($0) }
        }
        let models = [Int32(0), 1].map { half in
            RewardModel(
                found.filter { $0.answer.user % 2 != half }.map { entry in
                    (entry.answer.items.prefix(places).map { String($0) }, rewards(entry.answer))
                })
        }
        let slates = found.map { entry -> LoggedSlate in
            let model = models[Int(entry.answer.user % 2)]
            func expected(_ items: [Int32]) -> [Double] {
                items.prefix(places).enumerated().map { model.expected(String($0.element), at: $0.offset) }
            }
            let own = entry.shadow.propensities ?? []
            return LoggedSlate(
                user: Int(entry.answer.user), rewards: rewards(entry.answer),
                ratios: zip(own, entry.answer.propensities).prefix(places).map { $1 > 0 ? $0 / $1 : 0 },
                expected: expected(entry.answer.items), expectedOfTarget: expected(entry.shadow.items).reduce(0, +))
        }
        var result = ShadowEstimate(
            experiment: experiment.name, variant: variant.name, metric: isPurchases ? "purchases" : "clicks",
            places: places, estimate: OffPolicyEstimate(slates, confidence: confidence),
            overlap: all > 0 ? overlap / Double(all) : 0, seconds: all > 0 ? seconds / Double(all) : 0, notes: [])
        if all == 0 { result.notes.append("no answer was compared with this shadow yet") }
        if undrawn > 0 {
            result.notes.append(
                "\(undrawn) of \(all) answers are left out: their order was not drawn (add 'explore' to 'rerank'), or the "
                    + "request brought its own seed or filters")
        }
        if late > 0 { result.notes.append("\(late) answers are left out: the shadow was late and did not draw") }
        if let estimate = result.estimate {
            if estimate.effectiveAnswers < 0.01 * Double(estimate.answers) || estimate.effectiveAnswers < 50 {
                result.notes.append(
                    "the answers are worth few for this pipeline: count fewer places, explore more, or test it by a split"
                )
            }
            if abs(estimate.meanWeight - 1) > 0.2 {
                result.notes.append(
                    "the mean weight is \((estimate.meanWeight * 100).rounded() / 100) where it should be about 1: the "
                        + "pipeline shows items that the logged answers could not")
            }
        }
        return result
    }
}
