import Core
import Tensor

/// What can be set about two towers.
struct TwoTowerHyperparameters: Hyperparameters {
    /// The widths of each tower's layers, the last is the vectors' dimension; empty: a tower is a sum of embeddings.
    var layers: [Int]
    /// The vectors' dimension where there are no layers.
    var dimension: Int
    /// The width of each feature's embedding by name (`user`, `item`, `history` or a feature); others follow the rule
    /// 2 · cardinality^¼, rounded up to a multiple of 8.
    var embeddings: [String: Int]
    /// Whether the user's own id is an input of the user tower.
    var usesUserID: Bool
    /// Whether users' and items' features are inputs.
    var usesFeatures: Bool
    /// Whether the features of the moment are inputs.
    var usesContext: Bool
    /// How many of the user's last items before the moment are an input; 0: none.
    var historyLength: Int
    /// Seconds after which an item of the history counts half; nil: all count the same.
    var historyHalfLife: Double?
    /// Whether the history looks items up in the item tower's table.
    var sharesHistory: Bool
    /// Whether items of the history get more or less than their inner product, as training finds it.
    var learnsRepeats: Bool
    /// Whether vectors are divided by their lengths.
    var isNormalized: Bool
    /// What inner products are divided by.
    var temperature: Double
    /// Whether each item has a number that is added to its logit.
    var hasItemBias: Bool
    /// Whether log q is subtracted from the logits in training.
    var correctsLogQ: Bool
    /// Whether columns of the row's own item are no negatives.
    var masksAccidentalHits: Bool
    /// Which rule makes the steps.
    var optimizer: Optimizer.Rule
    /// The learning rate.
    var learningRate: Double
    /// L2 regularisation.
    var l2: Double
    /// The share of each tower's inputs that is set to 0 in training.
    var dropout: Double
    /// The share of ids that training takes for unknown, so that newcomers can be scored by what else is known.
    var idDropout: Double
    /// The standard deviation of new embeddings.
    var initialDeviation: Double
    /// How exactly training holds the factors of its products. Weights are kept, and vectors made, in float32.
    var precision: Precision
    /// How many rows make a step.
    var batchSize: Int
    /// The most passes over the data.
    var epochs: Int
    /// How many passes without a better validation metric end the training.
    var patience: Int
    /// Seconds after which a row of the training counts half; nil never forgets.
    var halfLife: Double?

    init(_ fields: inout ConfigurationFields) {
        layers = Self.widths(&fields)
        dimension = fields.integer("dimension", default: 64, in: 1...4096)
        embeddings = Self.embeddings(&fields)
        usesUserID = fields.bool("user-id", default: true)
        usesFeatures = fields.bool("features", default: true)
        usesContext = fields.bool("context", default: true)
        historyLength = fields.integer("history-length", default: 100, in: 0...10_000)
        historyHalfLife = Self.positiveDuration("history-half-life", default: 90 * 86_400, &fields)
        sharesHistory = fields.bool("history-shared", default: true)
        learnsRepeats = fields.bool("repeats", default: true)
        isNormalized = fields.bool("normalize", default: true)
        temperature = fields.number("temperature", default: 0.05, in: 1e-4...1e4)
        hasItemBias = fields.bool("item-bias", default: true)
        correctsLogQ = fields.bool("logq", default: true)
        masksAccidentalHits = fields.bool("mask-accidental-hits", default: true)
        optimizer =
            fields.choice("optimizer", of: Optimizer.Rule.allCases.map(\.rawValue)).flatMap(Optimizer.Rule.init)
            ?? .adagrad
        learningRate = fields.number("learning-rate", default: 0.05, in: 1e-8...1e6)
        l2 = fields.number("l2", default: 0, in: 0...1e3)
        dropout = fields.number("dropout", default: 0, in: 0...0.95)
        idDropout = fields.number("id-dropout", default: 0.02, in: 0...0.95)
        initialDeviation = fields.number("initial-deviation", default: 0.05, in: 1e-8...10)
        precision =
            fields.choice("precision", of: Precision.allCases.map(\.rawValue)).flatMap(Precision.init) ?? .float32
        batchSize = fields.integer("batch-size", default: 1024, in: 1...1_048_576)
        epochs = fields.integer("epochs", default: 20, in: 1...100_000)
        patience = fields.integer("patience", default: 3, in: 1...100_000)
        halfLife = Self.positiveDuration("half-life", default: 180 * 86_400, &fields)
        if !layers.isEmpty, fields.has("dimension"), dimension != layers[layers.count - 1] {
            fields.diagnostics.report(
                "'\(fields.name(of: "dimension"))' is \(dimension), but the last of 'layers' is \(layers[layers.count - 1])",
                hint: "leave 'dimension' away; it counts only without 'layers'", at: fields.location(of: "dimension"))
        }
    }

    private static func widths(_ fields: inout ConfigurationFields) -> [Int] {
        guard fields.has("layers"), fields.node("layers") != nil else { return [] }
        return fields.list("layers").compactMap { node in
            if case .scalar(let text, _) = node.content, let width = Int(text), 1...65_536 ~= width { return width }
            fields.report("layers", "must be a list of widths such as [128, 64]", found: node)
            return nil
        }
    }

    private static func embeddings(_ fields: inout ConfigurationFields) -> [String: Int] {
        var widths: [String: Int] = [:]
        for (name, _, node) in fields.named("embeddings") {
            if case .scalar(let text, _) = node.content, let width = Int(text), 1...4096 ~= width {
                widths[name] = width
            } else {
                fields.report("embeddings", "must give '\(name)' a width in 1…4096", found: node)
            }
        }
        return widths
    }

    private static func positiveDuration(
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
        var members: [String: JSONValue] = [
            "layers": .array(layers.map { .integer(Int64($0)) }),
            "embeddings": .object(embeddings.mapValues { .integer(Int64($0)) }), "user-id": .bool(usesUserID),
            "features": .bool(usesFeatures), "context": .bool(usesContext),
            "history-length": .integer(Int64(historyLength)),
            "history-half-life": historyHalfLife.map { .number($0) } ?? .null, "history-shared": .bool(sharesHistory),
            "repeats": .bool(learnsRepeats), "normalize": .bool(isNormalized), "temperature": .number(temperature),
            "item-bias": .bool(hasItemBias),
            "logq": .bool(correctsLogQ), "mask-accidental-hits": .bool(masksAccidentalHits),
            "optimizer": .string(optimizer.rawValue), "learning-rate": .number(learningRate), "l2": .number(l2),
            "dropout": .number(dropout), "id-dropout": .number(idDropout),
            "initial-deviation": .number(initialDeviation), "precision": .string(precision.rawValue),
            "batch-size": .integer(Int64(batchSize)),
            "epochs": .integer(Int64(epochs)), "patience": .integer(Int64(patience)),
            "half-life": halfLife.map { .number($0) } ?? .null,
        ]
        if layers.isEmpty { members["dimension"] = .integer(Int64(dimension)) }
        return .object(members)
    }

    /// The width of the embedding of a feature with `cardinality` codes.
    func width(of feature: String, cardinality: Int) -> Int {
        if let width = embeddings[feature] { return width }
        let fourthRoot = Double(max(cardinality, 1)).squareRoot().squareRoot()
        return max(8, Int((2 * fourthRoot / 8).rounded(.up)) * 8)
    }
}
