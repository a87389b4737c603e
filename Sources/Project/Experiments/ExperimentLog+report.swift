import Core
import Evaluation
import Pipeline

extension ExperimentLog {
    private struct UserSums {
        var variant: String
        var isMixed = false
        var first: Int64
        var answers = 0.0
        var impressions = 0.0
        var clicks = 0.0
        var purchases = 0.0
    }

    /// What an experiment says.
    ///
    /// Users who were shown several of its variants, because its shares were changed say, are left out and counted.
    ///
    /// - Throws: `invalidConfiguration` for a shadow, which is estimated and not compared.
    /// - Complexity: O(items of all answers)
    public func report(
        on experiment: ExperimentConfiguration, confidence: Double = 0.95
    ) throws -> ExperimentReport {
        switch experiment.kind {
        case .split: return split(experiment, confidence: confidence)
        case .interleave: return interleaving(experiment, confidence: confidence)
        case .shadow:
            throw MartletError(
                .invalidConfiguration, "'\(experiment.name)' is a shadow: its users were shown nothing of it",
                hint: "estimate what it would have earned: martlet experiments estimate --experiment \(experiment.name)"
            )
        }
    }

    private func split(_ experiment: ExperimentConfiguration, confidence: Double) -> ExperimentReport {
        var sums: [Int32: UserSums] = [:]
        for answer in answers {
            guard let variant = answer.variants[experiment.name] else { continue }
            var own = sums[answer.user] ?? UserSums(variant: variant, first: answer.time)
            own.isMixed = own.isMixed || own.variant != variant
            own.answers += 1
            own.impressions += Double(answer.items.count)
            own.clicks += answer.clicks.reduce(0) { $0 + Double($1) }
            own.purchases += answer.purchases.reduce(0) { $0 + Double($1) }
            sums[answer.user] = own
        }
        let metrics = Self.metrics(experiment.metric)
        var variants = experiment.variants.map { ExperimentReport.Variant(name: $0.name, share: $0.share) }
        for place in variants.indices { for metric in metrics { variants[place].metrics[metric] = RatioMoments() } }
        var (mixed, unknown) = (0, 0)
        // In the users' order, so that equal logs give equal digits.
        for (user, own) in sums.sorted(by: { $0.key < $1.key }) {
            if own.isMixed {
                mixed += 1
                continue
            }
            guard let place = variants.firstIndex(where: { $0.name == own.variant }) else {
                unknown += 1
                continue
            }
            variants[place].users += 1
            variants[place].answers += Int(own.answers)
            variants[place].impressions += Int(own.impressions)
            let ordered = (orders[user] ?? []).reversed().prefix { $0 >= own.first }.count
            let counted: [ExperimentConfiguration.Metric: (Double, Double)] = [
                .clicks: (own.clicks, own.impressions), .purchases: (own.purchases, own.impressions),
                .buyers: (own.purchases > 0 ? 1 : 0, 1), .orders: (Double(ordered), 1),
            ]
            for (metric, (above, below)) in counted {
                variants[place].metrics[metric.rawValue, default: RatioMoments()].add(above, per: below)
            }
        }
        var notes: [String] = []
        if mixed > 0 { notes.append("\(mixed) users were shown several variants and are left out") }
        if unknown > 0 { notes.append("\(unknown) users were shown variants that martlet.yml no longer names") }
        if sums.isEmpty { notes.append("nobody was shown an answer of this experiment yet") }
        return ExperimentReport(
            experiment: experiment.name, variants: variants, metrics: metrics, confidence: confidence,
            tunedFor: experiment.users, notes: notes)
    }

    /// All metrics, the one that decides first.
    private static func metrics(_ first: ExperimentConfiguration.Metric) -> [String] {
        [first.rawValue] + ExperimentConfiguration.Metric.allCases.filter { $0 != first }.map(\.rawValue)
    }

    private func interleaving(_ experiment: ExperimentConfiguration, confidence: Double) -> ExperimentReport {
        let names = experiment.variants.map(\.name)
        let wanted = names.joined(separator: "+")
        var credits: [Int32: [(first: Double, second: Double)]] = [:]
        var (shown, places) = (0, 0)
        for answer in answers where answer.variants[experiment.name] == wanted {
            shown += 1
            places += answer.items.count
            var own = credits[answer.user] ?? [(0, 0), (0, 0)]
            for (place, team) in answer.teams.enumerated() {
                for (kind, count) in [answer.clicks[place], answer.purchases[place]].enumerated() {
                    if team == 0 { own[kind].first += Double(count) }
                    if team == 1 { own[kind].second += Double(count) }
                }
            }
            credits[answer.user] = own
        }
        var report = ExperimentReport(
            experiment: experiment.name,
            variants: [.init(name: wanted, share: 1, users: credits.count, answers: shown, impressions: places)],
            metrics: [], tunedFor: experiment.users,
            notes: credits.isEmpty ? ["nobody was shown an answer of this experiment yet"] : [])
        let sequence = ConfidenceSequence(alpha: 1 - confidence, tunedFor: experiment.users)
        let users = credits.sorted { $0.key < $1.key }.map(\.value)
        guard !users.isEmpty else { return report }
        let order = experiment.metric == .clicks ? ["clicks", "purchases"] : ["purchases", "clicks"]
        report.interleaving = order.map { metric in
            InterleavingComparison(
                metric, first: names[0], second: names[1], credits: users.map { $0[metric == "clicks" ? 0 : 1] },
                confidence: confidence, sequence: sequence)
        }
        return report
    }
}
