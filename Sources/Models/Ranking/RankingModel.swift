import Core
import Features
import Tensor

/// A model that says how probable it is that a user takes an item, by one of the architectures that rank.
///
/// score(u, i) = z(u, i) + log(n · q_i): the log of the odds that the user's next item is i. z is the network's logit,
/// trained by the logistic loss against n sampled negatives an interaction, drawn by q; the second term undoes the
/// sampling (``NegativeSampler``). With several targets the score is the log of the weighted sum of their
/// probabilities. Probabilities are calibrated on the validation window.
///
/// A ranking model can score any pair, and here it recommends from the whole catalogue: what depends on the user alone,
/// or on the item alone, is computed once (``RankingScorer``). Whoever was not trained has the id "unknown", which
/// training meets now and then.
package struct RankingModel<Network: RankingNetwork>: ProbabilityModel, EpochModel {
    /// The architecture's name.
    package static var kind: String { Network.kind }

    let settings: RankingHyperparameters
    var trained: Trained?

    /// What a training leaves.
    struct Trained: Sendable {
        var network: Network
        var parameters: Parameters
        var shape: RankingShape
        /// log(n · q_i) of each row of the items' table.
        var correction: [Float]
        /// How the logits of each target become probabilities.
        var calibrations: [Calibration]
        /// Each item's scores by some users, what they have in common taken away, of length 1: `N × probes`.
        var itemVectors: Matrix
    }

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    package init(hyperparameters: JSONValue) throws {
        settings = try RankingHyperparameters(
            json: hyperparameters, kind: Self.kind, defaults: Network.defaults, hasTargets: Network.hasTargets)
    }

    /// Reports unknown keys and wrong values.
    package static func check(_ fields: inout ConfigurationFields) {
        _ = RankingHyperparameters(&fields, defaults: Network.defaults, hasTargets: Network.hasTargets)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    package var hyperparameters: JSONValue { settings.json }

    /// The targets' names, in the order of the probabilities.
    package var targets: [String] { trained?.shape.targets ?? [] }

    /// Trains until the validation metric stops growing, keeps the best epoch's weights, and calibrates them.
    ///
    /// With a checkpoint folder the state after every epoch is kept there; with `resume` a training goes on from it,
    /// bit for bit as if it had never stopped.
    ///
    /// - Throws: `invalidData` for features that are no numbers (column and row named), `failedCheck` for a loss that
    ///   is not finite: training stops, and what the last good epoch learned stays in the model and the checkpoint.
    /// - Complexity: O(epochs · interactions · (1 + negatives) · network)
    package mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let shape = try RankingShape(data, windows: options.windows, settings: settings)
        let (network, parameters) = Self.build(shape, settings, precision: settings.network.precision ?? .float32)
        parameters.drawRanking(seed: options.seed, deviation: settings.initialDeviation)
        var session = try RankingSession(network, parameters, settings, shape, data, options)
        do {
            try session.run()
        } catch {
            if session.state.bestEpoch > 0 { try keep(session, shape, data, options) }
            throw error
        }
        try keep(session, shape, data, options)
        return TrainingReport(
            model: Self.kind, interactions: session.interactionCount, epochs: session.state.epochs,
            bestEpoch: session.state.bestEpoch, validationMetric: session.metricName,
            validation: session.state.validation, loss: session.state.loss, seconds: clock.seconds,
            samplesPerSecond: session.samplesPerSecond, peakMemoryBytes: TrainingClock.peakMemoryBytes)
    }

    /// Builds the network of a shape, all numbers 0.
    ///
    /// - Parameter precision: what layers hold their factors in; scoring is always exact.
    static func build(
        _ shape: RankingShape, _ settings: RankingHyperparameters, precision: Precision = .float32
    ) -> (Network, Parameters) {
        var parameters = Parameters()
        var network = settings.network
        network.precision = network.precision.map { _ in precision }
        let built = Network(
            network, fields: RankingInputs.fields(shape.inputs, settings), targets: shape.targets.count,
            to: &parameters)
        return (built, parameters)
    }

    private mutating func keep(
        _ session: RankingSession<Network>, _ shape: RankingShape, _ data: InteractionDataset,
        _ options: TrainingOptions
    ) throws {
        let trainer = session.trainer
        let parameters = session.state.best.copy()
        let network = session.scoringNetwork
        let scorer = try RankingScorer(
            network, parameters, settings, shape, data, inputs: trainer.inputs,
            correction: trainer.sampler.correction(negatives: settings.negatives), threads: options.threads)
        trained = Trained(
            network: network, parameters: parameters, shape: shape, correction: scorer.correction,
            calibrations: try scorer.calibrate(
                settings, sampler: trainer.sampler, histories: trainer.rows.histories, options: options),
            itemVectors: try scorer.itemVectors(seed: options.seed, threads: options.threads))
    }

    /// The best items of every user of the whole catalogue.
    ///
    /// - Complexity: O(users · N · network)
    package func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        try scorer(data).lists(request, threads: nil)
    }

    /// The items that the same people are thought to like: the largest cosines of ``Trained/itemVectors``.
    package func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        guard let vectors = trained?.itemVectors else { throw notFitted(Self.kind) }
        try checkIndices(items, in: 0..<vectors.rows, of: "item")
        let queries = Matrix(rows: items.count, columns: vectors.columns)
        for (row, item) in items.enumerated() { _ = queries.row(row).update(fromContentsOf: vectors.row(Int(item))) }
        let itself = SparseRows(columns: vectors.rows, offsets: Array(0...items.count), indices: items)
        return topK(queries: queries, items: vectors, k: k, exclude: itself)
    }

    /// The scores of pairs, for the moment at which the validation window begins.
    package func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        precondition(users.count == items.count, "each user is paired with one item")
        let scorer = try scorer(data)
        let logits = try scorer.logits(users: users, items: items, at: data.split.validationStart, threads: nil)
        return items.enumerated().map { row, item in
            scorer.score(logits.pointer + row * logits.columns, item: item)
        }
    }

    /// The calibrated probabilities of pairs, `B × T`.
    package func probabilities(
        users: [Int32], items: [Int32], at: Int64, sampling: Bool, data: InteractionDataset
    ) throws -> Matrix {
        precondition(users.count == items.count, "each user is paired with one item")
        let scorer = try scorer(data)
        let logits = try scorer.logits(users: users, items: items, at: at, threads: nil)
        for row in items.indices {
            let correction = sampling ? 0 : scorer.correction(of: items[row])
            for (target, calibration) in trained!.calibrations.enumerated() {
                logits[row, target] = Float(
                    Calibration.probability(logOdds: calibration.logOdds(logits[row, target]) + correction))
            }
        }
        return logits
    }

    /// Probabilities of a window's interactions and of negatives beside them.
    package func sample(_ window: Window, seed: UInt64, data: InteractionDataset) throws -> ProbabilitySample {
        guard let shape = trained?.shape else { throw notFitted(Self.kind) }
        try shape.inputs.dataset.check(data)
        let sampler = NegativeSampler(
            try UserHistories(data, windows: shape.inputs.dataset.windows), items: data.items.trainedCount,
            power: settings.negativePower)
        let pairs = try PointwiseSample(
            data, window: window, labels: shape.targets, settings: settings, negatives: settings.negatives, seed: seed,
            sampler: sampler)
        var sample = ProbabilitySample(users: pairs.users)
        guard !pairs.users.isEmpty else { return sample }
        let found = try probabilities(
            users: pairs.users, items: pairs.items, at: data.split[window].lowerBound, sampling: true, data: data)
        for (target, name) in shape.targets.enumerated() {
            sample.probabilities[name] = pairs.users.indices.map { found[$0, target] }
            sample.labels[name] = pairs.labels[target].map { $0 > 0 }
        }
        return sample
    }

    func scorer(_ data: InteractionDataset) throws -> RankingScorer<Network> {
        guard let trained else { throw notFitted(Self.kind) }
        try trained.shape.inputs.dataset.check(data)
        return try RankingScorer(
            trained.network, trained.parameters, settings, trained.shape, data, correction: trained.correction,
            threads: nil)
    }
}
