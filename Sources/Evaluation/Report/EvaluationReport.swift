import Core
import FoundationEssentials

/// Models beside each other: what a person reads on the terminal or on a page, and a program as JSON.
public struct EvaluationReport: Codable, Sendable {
    /// What was evaluated: the shop's name.
    public var title: String
    /// How it was measured, in a sentence: the split, the users, the items.
    public var `protocol`: String
    /// The models, in the order in which they are shown.
    public var models: [ModelEvaluation]
    /// The name of the model that was chosen, before the test was looked at.
    public var winner: String
    /// The metric by which it was chosen, such as `recall@12`.
    public var selectedBy: String
    /// The winner against each other model, on the metric by which it was chosen.
    public var comparisons: [Comparison]
    /// What a reader must know to trust the numbers, in plain sentences: those given, and those that the numbers say.
    public var notes: [String]
    /// What each model's training reported, by name: `loss` and `validation` are curves, one number a pass.
    public var trainings: [String: JSONValue]

    /// Makes a report, compares the winner with every other model and says in plain words what came out.
    ///
    /// - Parameters:
    ///   - title: the shop's name.
    ///   - protocol: how it was measured, in a sentence.
    ///   - models: the models, as ``evaluate(name:lists:truth:ks:measures:itemCount:bootstrapSeed:)`` made them.
    ///   - winner: the name of the chosen model.
    ///   - selectedBy: the metric by which it was chosen.
    ///   - notes: sentences to put before those that the numbers say.
    ///   - trainings: what each model's training reported, by name.
    ///   - seed: the seed of the comparisons' intervals.
    public init(
        title: String, protocol: String, models: [ModelEvaluation], winner: String, selectedBy: String,
        notes: [String] = [], trainings: [String: JSONValue] = [:], seed: UInt64 = 0
    ) {
        self.title = title
        self.protocol = `protocol`
        self.models = models
        self.winner = winner
        self.selectedBy = selectedBy
        self.trainings = trainings
        let chosen = models.first { $0.name == winner }
        comparisons = models.filter { $0.name != winner }.compactMap { other in
            chosen.flatMap { Comparison(of: $0, with: other, metric: selectedBy, seed: seed) }
        }
        self.notes = notes
        self.notes += EvaluationReport.findings(models: models, winner: winner, metric: selectedBy, comparisons)
    }

    /// Reads what ``json`` wrote.
    ///
    /// - Throws: `invalidData` if it is no report.
    public init(json: JSONValue) throws {
        do {
            self = try JSONDecoder().decode(EvaluationReport.self, from: Data(json.description.utf8))
        } catch {
            throw MartletError(.invalidData, "this is no evaluation report", underlying: error)
        }
    }

    /// The report for programs: `{"models": [{"name": …, "metrics": {"recall@12": {"value": …, "low": …, "high": …}}}],
    /// "winner": …, "comparisons": […], "notes": […], …}`.
    public var json: JSONValue {
        // Every part is a number, a text or a list of them, so neither step can fail.
        let data = try! JSONEncoder().encode(self)
        return try! JSONDecoder().decode(JSONValue.self, from: data)
    }
}

extension EvaluationReport {
    /// The list lengths that were measured, ascending.
    var ks: [Int] { Set(models.flatMap { $0.metrics.keys.compactMap { RankingMetric($0)?.k } }).sorted() }

    /// The measures that were measured, in their usual order.
    var measures: [RankingMetric.Measure] {
        let found = Set(models.flatMap { $0.metrics.keys.compactMap { RankingMetric($0)?.measure } })
        return RankingMetric.Measure.allCases.filter(found.contains)
    }

    /// What the numbers say, in plain sentences.
    private static func findings(
        models: [ModelEvaluation], winner: String, metric: String, _ comparisons: [Comparison]
    ) -> [String] {
        var notes = comparisons.map { "\($0)" }
        let best = models.max { ($0.value(metric) ?? 0) < ($1.value(metric) ?? 0) }
        if let best, let chosen = models.first(where: { $0.name == winner })?.value(metric),
            (best.value(metric) ?? 0) > chosen
        {
            notes.append(
                "\(winner) was chosen on the validation window; on the window shown here \(best.name) has the highest "
                    + "\(metric). The choice stands: to choose by the test would be to fit it")
        }
        for model in models where model.emptyLists > 0 {
            notes.append(
                "\(model.name) had nothing to recommend to \(model.emptyLists) of \(model.users) users; they count as 0"
            )
        }
        if let model = models.first, model.leftOut > 0 {
            notes.append("\(model.leftOut) users without a relevant item in the window are left out")
        }
        if let users = models.first?.users, users < 200 {
            notes.append("\(users) users are few: expect the intervals to be wide")
        }
        return notes
    }
}
