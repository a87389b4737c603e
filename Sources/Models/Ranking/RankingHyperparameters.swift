import Core

/// What can be set about a ranking model: the architecture's own settings, and what all of them share.
struct RankingHyperparameters: Sendable, Equatable {
    /// The architecture's.
    var network: NetworkSettings
    /// Whether the user's own id is an input.
    var usesUserID: Bool
    /// Whether users' and items' features are inputs.
    var usesFeatures: Bool
    /// Whether the features of the moment are inputs.
    var usesContext: Bool
    /// How many of the user's last items before the moment are an input; 0: none.
    var historyLength: Int
    /// Seconds after which an item of the history counts half; nil: all count the same.
    var historyHalfLife: Double?
    /// Whether the history looks items up in the item's own table.
    var sharesHistory: Bool
    /// Whether it is an input how often the user bought the item before.
    var usesRepeats: Bool
    /// The most rows of a cross's table.
    var crossRows: Int
    /// How many negatives each interaction gets.
    var negatives: Int
    /// α: negatives are drawn by popularity^α.
    var negativePower: Double
    /// Which rule makes the steps.
    var optimizer: Optimizer.Rule
    /// The learning rate, and how it changes.
    var learningRate: Double
    var schedule: LearningRateSchedule
    /// L2 regularisation.
    var l2: Double
    /// The share of hidden numbers that is set to 0 in training.
    var dropout: Double
    /// The share of ids that training takes for unknown.
    var idDropout: Double
    /// The standard deviation of new embeddings.
    var initialDeviation: Double
    /// How many rows make a step, negatives included.
    var batchSize: Int
    /// The most passes over the data.
    var epochs: Int
    /// How many passes without a better validation metric end the training.
    var patience: Int
    /// Seconds after which a row of the training counts half; nil never forgets.
    var halfLife: Double?
    /// How probabilities are calibrated on the validation window.
    var calibration: Calibration.Method
    /// What is learned, where the architecture learns several targets, and how much each counts in a score.
    var targets: TargetSettings?

    init(_ fields: inout ConfigurationFields, defaults: NetworkSettings, hasTargets: Bool) {
        network = NetworkSettings(&fields, defaults: defaults)
        usesUserID = fields.bool("user-id", default: true)
        usesFeatures = fields.bool("features", default: true)
        usesContext = fields.bool("context", default: true)
        historyLength = fields.integer("history-length", default: 50, in: 0...10_000)
        historyHalfLife = Self.length("history-half-life", default: 90 * 86_400, &fields)
        sharesHistory = fields.bool("history-shared", default: true)
        usesRepeats = fields.bool("repeats", default: true)
        crossRows = fields.integer("cross-rows", default: 1 << 18, in: 1...Int(Int32.max))
        negatives = fields.integer("negatives", default: 4, in: 1...1000)
        negativePower = fields.number("negative-power", default: 0.5, in: 0...2)
        optimizer =
            fields.choice("optimizer", of: Optimizer.Rule.allCases.map(\.rawValue)).flatMap(Optimizer.Rule.init)
            ?? .adagrad
        learningRate = fields.number("learning-rate", default: 0.05, in: 1e-8...1e6)
        schedule = LearningRateSchedule(
            shape: fields.choice("schedule", of: LearningRateSchedule.Shape.allCases.map(\.rawValue))
                .flatMap(LearningRateSchedule.Shape.init) ?? .constant,
            warmUp: fields.integer("warm-up", default: 0, in: 0...100_000_000))
        l2 = fields.number("l2", default: 0, in: 0...1e3)
        dropout = fields.number("dropout", default: 0, in: 0...0.95)
        idDropout = fields.number("id-dropout", default: 0.02, in: 0...0.95)
        initialDeviation = fields.number("initial-deviation", default: 0.05, in: 1e-8...10)
        batchSize = fields.integer("batch-size", default: 2048, in: 1...1_048_576)
        epochs = fields.integer("epochs", default: 20, in: 1...100_000)
        patience = fields.integer("patience", default: 3, in: 1...100_000)
        halfLife = Self.length("half-life", default: 180 * 86_400, &fields)
        calibration =
            fields.choice("calibration", of: Calibration.Method.allCases.map(\.rawValue))
            .flatMap(Calibration.Method.init) ?? .platt
        targets = hasTargets ? TargetSettings(&fields) : nil
    }

    /// Reads hyperparameters from JSON.
    ///
    /// - Throws: `invalidConfiguration` for unknown keys and wrong values.
    init(json: JSONValue, kind: String, defaults: NetworkSettings, hasTargets: Bool) throws {
        let diagnostics = Diagnostics()
        let node = ConfigurationNode(json: json, location: SourceLocation(file: kind, line: 1, column: 1))
        var fields = ConfigurationFields(node, path: kind, diagnostics: diagnostics)
        self.init(&fields, defaults: defaults, hasTargets: hasTargets)
        fields.finish()
        try diagnostics.throwIfAny()
    }

    private static func length(
        _ key: String, default value: Double, _ fields: inout ConfigurationFields
    ) -> Double? {
        guard fields.has(key) else { return value }
        let value = fields.duration(key)
        if value == 0 {
            fields.diagnostics.report("'\(fields.name(of: key))' must be longer than 0", at: fields.location(of: key))
            return nil
        }
        return value
    }

    var json: JSONValue {
        var members = network.json
        members.merge([
            "user-id": .bool(usesUserID), "features": .bool(usesFeatures), "context": .bool(usesContext),
            "history-length": .integer(Int64(historyLength)),
            "history-half-life": historyHalfLife.map { .number($0) } ?? .null, "history-shared": .bool(sharesHistory),
            "repeats": .bool(usesRepeats), "cross-rows": .integer(Int64(crossRows)),
            "negatives": .integer(Int64(negatives)), "negative-power": .number(negativePower),
            "optimizer": .string(optimizer.rawValue), "learning-rate": .number(learningRate),
            "schedule": .string(schedule.shape.rawValue), "warm-up": .integer(Int64(schedule.warmUp)),
            "l2": .number(l2), "dropout": .number(dropout), "id-dropout": .number(idDropout),
            "initial-deviation": .number(initialDeviation), "batch-size": .integer(Int64(batchSize)),
            "epochs": .integer(Int64(epochs)), "patience": .integer(Int64(patience)),
            "half-life": halfLife.map { .number($0) } ?? .null, "calibration": .string(calibration.rawValue),
        ]) { _, new in new }
        if let targets { members.merge(targets.json) { _, new in new } }
        return .object(members)
    }
}
