import Core

/// What can be set about matrix factorisation.
struct MatrixFactorizationHyperparameters: Hyperparameters {
    /// What the training makes small.
    var loss: FactorLoss
    /// The vectors' dimension, D.
    var dimension: Int
    /// Whether each item has a number that is added to its score (losses on pairs only).
    var hasItemBias: Bool
    /// Where items that a user did not have come from.
    var negatives: Negatives
    /// With binary cross-entropy: how many are drawn for a pair; with a sampled softmax: how many for a batch.
    var negativeCount: Int
    /// The power of an item's count that popular negatives are drawn by.
    var negativeExponent: Double
    /// With WARP: how many negatives are tried before a pair is left alone.
    var maxTrials: Int
    /// With BPR: how many negatives are drawn for a pair, of which the one with the highest score is learned from; 1 is
    /// plain BPR. Source: Zhang et al., "Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling"
    /// (2013).
    var hardestOf: Int
    /// What is special about the softmax losses.
    var softmax: SoftmaxSettings
    /// Which rule makes the steps.
    var optimizer: Optimizer.Rule
    /// The learning rate.
    var learningRate: Double
    /// L2 regularisation of what a step changes.
    var l2: Double
    /// What vectors the training begins with.
    var start: FactorStart
    /// The standard deviation of new vectors.
    var initialDeviation: Double
    /// How many users make a step of a softmax loss.
    var batchSize: Int
    /// Seconds after which an interaction counts half; nil: all pairs count alike.
    var halfLife: Double?
    /// How much more a user's recent items count: (1 + how many came later)^(−recency).
    var recency: Double
    /// How long to train.
    var schedule: FactorSchedule

    init(_ fields: inout ConfigurationFields) {
        loss =
            fields.choice("loss", of: FactorLoss.allCases.map(\.rawValue)).flatMap(FactorLoss.init) ?? .sampledSoftmax
        dimension = fields.integer("dimension", default: 64, in: 1...4096)
        let isPairwise = loss.isPairwise
        hasItemBias = fields.bool("item-bias", default: false)
        let chosen = fields.choice("negatives", of: Negatives.allCases.map(\.rawValue)).flatMap(Negatives.init)
        negatives = chosen ?? (isPairwise ? .uniform : loss == .softmax ? .all : .mixed)
        negativeCount = fields.integer(
            "negative-count", default: isPairwise ? 4 : 4096, in: 1...1_048_576)
        negativeExponent = fields.number("negative-exponent", default: 0.75, in: 0...1)
        maxTrials = fields.integer("max-trials", default: 30, in: 1...10_000)
        hardestOf = fields.integer("hardest-of", default: 1, in: 1...10_000)
        softmax = SoftmaxSettings(&fields, loss: loss, negatives: negatives, negativeCount, negativeExponent)
        optimizer =
            fields.choice("optimizer", of: Optimizer.Rule.allCases.map(\.rawValue)).flatMap(Optimizer.Rule.init)
            ?? (isPairwise ? .adagrad : .adam)
        learningRate = fields.number("learning-rate", default: isPairwise ? 0.05 : 0.03, in: 1e-8...1e6)
        l2 = fields.number("l2", default: isPairwise ? 0.005 : 0, in: 0...1e3)
        start =
            fields.choice("start", of: FactorStart.allCases.map(\.rawValue)).flatMap(FactorStart.init) ?? .normal
        initialDeviation = fields.number("initial-deviation", default: isPairwise ? 0.1 : 0.01, in: 1e-8...10)
        batchSize = fields.integer("batch-size", default: 1024, in: 1...1_048_576)
        halfLife = fields.duration("half-life")
        recency = fields.number("recency", default: 0, in: 0...10)
        schedule = FactorSchedule(&fields, epochs: 100, validationEvery: 5)
        checkTogether(&fields, chosen: chosen)
    }

    /// How many negatives a step on one pair looks at.
    var triedNegatives: Int {
        switch loss {
        case .warp: maxTrials
        case .bpr: hardestOf
        default: negativeCount
        }
    }

    private func checkTogether(_ fields: inout ConfigurationFields, chosen: Negatives?) {
        func report(_ key: String, _ rule: String, hint: String) {
            fields.diagnostics.report(
                "'\(fields.name(of: key))' \(rule)", hint: hint, at: fields.location(of: key))
        }
        if halfLife == 0 { report("half-life", "must be longer than 0", hint: "leave it away to never forget") }
        if hardestOf > 1, loss != .bpr {
            report("hardest-of", "goes with loss: bpr only", hint: "leave it away")
        }
        if hasItemBias, !loss.isPairwise {
            report("item-bias", "goes with bpr, warp and bce only", hint: "with a softmax the vectors hold popularity")
        }
        switch (loss, chosen) {
        case (.softmax, .some(let other)) where other != .all:
            report("negatives", "cannot be \(other.rawValue) with loss: softmax", hint: "use loss: sampled-softmax")
        case (.sampledSoftmax, .all):
            report("negatives", "cannot be all with loss: sampled-softmax", hint: "use loss: softmax")
        case (_, .some(let other)) where loss.isPairwise && other != .uniform && other != .popularity:
            report(
                "negatives", "cannot be \(other.rawValue) with loss: \(loss.rawValue)",
                hint: "use uniform or popularity, or a softmax loss")
        default: break
        }
    }

    var json: JSONValue {
        var members = schedule.members.merging(
            [
                "loss": .string(loss.rawValue), "dimension": .integer(Int64(dimension)),
                "item-bias": .bool(hasItemBias), "negatives": .string(negatives.rawValue),
                "negative-count": .integer(Int64(negativeCount)), "negative-exponent": .number(negativeExponent),
                "max-trials": .integer(Int64(maxTrials)),
                "hardest-of": .integer(Int64(hardestOf)), "optimizer": .string(optimizer.rawValue),
                "learning-rate": .number(learningRate), "l2": .number(l2),
                "start": .string(start.rawValue), "recency": .number(recency),
                "initial-deviation": .number(initialDeviation), "batch-size": .integer(Int64(batchSize)),
                "half-life": halfLife.map { .number($0) } ?? .null,
            ]
        ) { $1 }
        members.merge(softmax.members) { $1 }
        return .object(members)
    }
}
