import Core
import Evaluation
import Features
import Models
import Tensor

/// Judges models on one window of a dataset: the users who bought something in it, and what they bought.
struct Judge {
    let data: InteractionDataset
    let window: Window
    let configuration: EvaluationConfiguration
    let seed: UInt64
    /// The users who are judged: those with training interactions and at least one interaction in the window.
    let users: [Int32]
    /// What they bought in the window: row `i` belongs to `users[i]`.
    let truth: SparseRows
    /// Users of the window who were never seen in training: they get the fallback, and are not judged.
    let newUsers: Int

    /// Collects the window's users and items.
    ///
    /// - Throws: `invalidData` if no known user has an interaction in the window.
    init(data: InteractionDataset, window: Window, configuration: EvaluationConfiguration, seed: UInt64) throws {
        self.data = data
        self.window = window
        self.configuration = configuration
        self.seed = seed
        let histories = try data.history([window])
        let trained = data.users.trainedCount
        var chosen = (0..<data.users.count).filter { histories.offsets[$0 + 1] > histories.offsets[$0] }
        newUsers = chosen.count { $0 >= trained }
        chosen.removeAll { $0 >= trained }
        guard !chosen.isEmpty else {
            throw MartletError(
                .invalidData, "no user with training interactions has one in the \(window.rawValue) window",
                hint: "move the dates of 'split' so that the window holds interactions of known users")
        }
        if chosen.count > configuration.maximumUsers {
            var random = RandomSource(seed: seed, stream: 0x6A75_6467)
            random.shuffle(&chosen)
            chosen = Array(chosen.prefix(configuration.maximumUsers)).sorted()
        }
        users = chosen.map(Int32.init)
        truth = histories.distinct(rows: chosen)
    }

    /// Ranks all items for every judged user.
    func lists(of model: any RetrievalModel) throws -> RankedLists {
        let seen = configuration.excludesSeen ? try data.history([.train]).distinct(rows: users.map(Int.init)) : nil
        return try model.recommend(
            RecommendationRequest(
                users: users, k: min(configuration.ks.last!, max(1, data.items.count)), exclude: seen,
                at: data.split[window].lowerBound),
            data: data)
    }

    /// Ranks all items for every judged user and measures the lists.
    func evaluate(_ model: any RetrievalModel, name: String) throws -> ModelEvaluation {
        try evaluate(model, name: name, lists: lists(of: model))
    }

    /// Measures lists that the model has made.
    func evaluate(_ model: any RetrievalModel, name: String, lists: RankedLists) throws -> ModelEvaluation {
        var evaluation = try Evaluation.evaluate(
            name: name, lists: lists, truth: truth, ks: configuration.ks, itemCount: data.items.count,
            bootstrapSeed: seed)
        if let model = model as? any ProbabilityModel {
            let sample = try model.sample(window, seed: seed, data: data)
            var found: [String: SampledProbabilityMetrics] = [:]
            for (target, probabilities) in sample.probabilities {
                found[target] = try SampledProbabilityMetrics(
                    probabilities: probabilities, labels: sample.labels[target] ?? [], groups: sample.users)
            }
            evaluation.probabilities = found
        }
        return evaluation
    }

    /// The report of all models with what a reader must know to trust it.
    func report(
        of evaluations: [ModelEvaluation], selection: JSONValue, trainings: [String: JSONValue], shop: String
    ) throws -> EvaluationReport {
        let winner = selection["winner"]?.string ?? ""
        var notes = data.notes
        if newUsers > 0 {
            notes.append(
                "\(newUsers) users of the window had no interaction before it: they get the fallback and are not judged"
            )
        }
        return EvaluationReport(
            title: shop, protocol: protocolText, models: evaluations, winner: winner, selectedBy: configuration.select,
            notes: notes, trainings: trainings, seed: seed)
    }

    private var protocolText: String {
        let range = data.split[window]
        let seen =
            configuration.excludesSeen
            ? "items that a user had before are left out" : "items that a user had before may return"
        return "split by time: \(users.count) users with interactions from \(Day.text(range.lowerBound)) on, all "
            + "\(data.items.count) items ranked, \(seen); hyperparameters and the winner chosen on the window before"
    }
}

/// Days as people write them.
enum Day {
    /// `2011-11-11` for seconds since 1970, in UTC.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days).
    static func text(_ seconds: Int64) -> String {
        let days = (Double(seconds) / 86_400).rounded(.down)
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(day))"
    }
}
