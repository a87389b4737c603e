import Core

/// What can be set about LightGCN.
struct LightGCNHyperparameters: Hyperparameters {
    /// The losses that go with the graph.
    private static let losses: [FactorLoss] = [.bpr, .softmax, .sampledSoftmax, .bsl]

    /// What the training makes small.
    var loss: FactorLoss
    /// The vectors' dimension, D.
    var dimension: Int
    /// How often vectors go on to their neighbours, L.
    var layers: Int
    /// What is special about the softmax losses.
    var softmax: SoftmaxSettings
    /// Which rule makes the steps.
    var optimizer: Optimizer.Rule
    /// The learning rate.
    var learningRate: Double
    /// L2 regularisation of the vectors before the graph.
    var l2: Double
    /// What vectors the training begins with.
    var start: FactorStart
    /// The standard deviation of new vectors.
    var initialDeviation: Double
    /// How many users make a step of a softmax loss, how many pairs one of BPR.
    var batchSize: Int
    /// How much more a user's recent items count: (1 + how many came later)^(−recency).
    var recency: Double
    /// How long to train.
    var schedule: FactorSchedule

    init(_ fields: inout ConfigurationFields) {
        loss = fields.choice("loss", of: Self.losses.map(\.rawValue)).flatMap(FactorLoss.init) ?? .sampledSoftmax
        dimension = fields.integer("dimension", default: 64, in: 1...4096)
        layers = fields.integer("layers", default: 3, in: 0...32)
        let chosen = fields.choice("negatives", of: Negatives.allCases.map(\.rawValue)).flatMap(Negatives.init)
        let negatives = chosen ?? (loss == .softmax ? .all : loss == .bpr ? .uniform : .mixed)
        let count = fields.integer("negative-count", default: 4096, in: 1...1_048_576)
        let exponent = fields.number("negative-exponent", default: 0.75, in: 0...1)
        softmax = SoftmaxSettings(&fields, loss: loss, negatives: negatives, count, exponent)
        optimizer =
            fields.choice("optimizer", of: Optimizer.Rule.allCases.map(\.rawValue)).flatMap(Optimizer.Rule.init)
            ?? .adam
        learningRate = fields.number("learning-rate", default: loss == .bpr ? 0.005 : 0.03, in: 1e-8...1e6)
        l2 = fields.number("l2", default: 0, in: 0...1e3)
        start =
            fields.choice("start", of: FactorStart.allCases.map(\.rawValue)).flatMap(FactorStart.init) ?? .normal
        initialDeviation = fields.number("initial-deviation", default: loss == .bpr ? 0.1 : 0.01, in: 1e-8...10)
        batchSize = fields.integer("batch-size", default: loss == .bpr ? 16_384 : 2048, in: 1...1_048_576)
        recency = fields.number("recency", default: 0, in: 0...10)
        schedule = FactorSchedule(&fields, epochs: 100, validationEvery: 5)
        let isWrong =
            switch (loss, chosen) {
            case (.softmax, .some(let other)): other != .all
            case (.sampledSoftmax, .all): true
            case (.bpr, .some(let other)): other != .uniform
            default: false
            }
        if isWrong {
            fields.diagnostics.report(
                "'\(fields.name(of: "negatives"))' cannot be \(negatives.rawValue) with loss: \(loss.rawValue)",
                hint: "softmax takes all, bpr uniform, sampled-softmax any but all, bsl any",
                at: fields.location(of: "negatives"))
        }
    }

    var json: JSONValue {
        var members = schedule.members.merging(
            [
                "loss": .string(loss.rawValue), "dimension": .integer(Int64(dimension)),
                "layers": .integer(Int64(layers)), "negatives": .string(softmax.negatives.rawValue),
                "negative-count": .integer(Int64(softmax.negativeCount)),
                "negative-exponent": .number(softmax.negativeExponent), "optimizer": .string(optimizer.rawValue),
                "learning-rate": .number(learningRate), "l2": .number(l2),
                "start": .string(start.rawValue), "recency": .number(recency),
                "initial-deviation": .number(initialDeviation), "batch-size": .integer(Int64(batchSize)),
            ]
        ) { $1 }
        members.merge(softmax.members) { $1 }
        return .object(members)
    }
}
