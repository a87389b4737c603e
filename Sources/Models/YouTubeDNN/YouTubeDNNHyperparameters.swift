import Core
import Tensor

/// What can be set about the YouTube network.
struct YouTubeDNNHyperparameters: Hyperparameters {
    /// The widths of the layers above the pooled history; the last is the dimension of the items' vectors.
    var layers: [Int]
    /// The width of the embeddings that the history is pooled from.
    var embedding: Int
    /// How many of the user's last items before the moment are an input.
    var historyLength: Int
    /// Seconds after which an item of the history counts half; nil: all count the same.
    var historyHalfLife: Double?
    /// Whether users' features are inputs.
    var usesFeatures: Bool
    /// Whether the features of the moment are inputs.
    var usesContext: Bool
    /// Whether vectors are divided by their lengths.
    var isCosine: Bool
    /// What inner products are divided by.
    var temperature: Double
    /// How many items are drawn for a batch beside its own; 0: all items stand in the softmax.
    var negatives: Int
    /// The learning rate of Adam.
    var learningRate: Double
    /// L2 regularisation.
    var l2: Double
    /// The share of the network's inputs that is set to 0 in training.
    var dropout: Double
    /// The standard deviation of new embeddings.
    var initialDeviation: Double
    /// How many rows make a step.
    var batchSize: Int
    /// Seconds after which a row of the training counts half; nil never forgets.
    var halfLife: Double?
    /// How exactly the factors of the softmax's products are held.
    var precision: Precision
    /// How long it trains.
    var schedule: FactorSchedule

    init(_ fields: inout ConfigurationFields) {
        layers = Self.widths(&fields)
        embedding = fields.integer("embedding", default: 64, in: 1...4096)
        historyLength = fields.integer("history-length", default: 50, in: 1...10_000)
        historyHalfLife = Self.positiveDuration("history-half-life", default: 90 * 86_400, &fields)
        usesFeatures = fields.bool("features", default: true)
        usesContext = fields.bool("context", default: true)
        isCosine = (fields.choice("similarity", of: ["cosine", "dot"]) ?? "cosine") == "cosine"
        temperature = fields.number("temperature", default: isCosine ? 0.1 : 1, in: 1e-4...1e4)
        negatives = fields.integer("negatives", default: 4096, in: 0...16_777_216)
        learningRate = fields.number("learning-rate", default: 0.001, in: 1e-8...1e3)
        l2 = fields.number("l2", default: 0, in: 0...1e3)
        dropout = fields.number("dropout", default: 0.1, in: 0...0.95)
        initialDeviation = fields.number("initial-deviation", default: 0.1, in: 1e-8...10)
        batchSize = fields.integer("batch-size", default: 1024, in: 1...1_048_576)
        halfLife = Self.positiveDuration("half-life", default: nil, &fields)
        precision =
            fields.choice("precision", of: Precision.allCases.map(\.rawValue)).flatMap(Precision.init) ?? .float32
        schedule = FactorSchedule(&fields, epochs: 30, validationEvery: 1)
    }

    private static func widths(_ fields: inout ConfigurationFields) -> [Int] {
        guard fields.has("layers"), fields.node("layers") != nil else { return [128, 64] }
        let widths = fields.list("layers").compactMap { node -> Int? in
            if case .scalar(let text, _) = node.content, let width = Int(text), 1...65_536 ~= width { return width }
            fields.report("layers", "must be a list of widths such as [128, 64]", found: node)
            return nil
        }
        if widths.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "layers"))' must hold at least the width of the items' vectors",
                hint: "write layers: [64]", at: fields.location(of: "layers"))
        }
        return widths.isEmpty ? [64] : widths
    }

    private static func positiveDuration(
        _ key: String, default value: Double?, _ fields: inout ConfigurationFields
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
        let members: [String: JSONValue] = [
            "layers": .array(layers.map { .integer(Int64($0)) }), "embedding": .integer(Int64(embedding)),
            "history-length": .integer(Int64(historyLength)),
            "history-half-life": historyHalfLife.map { .number($0) } ?? .null, "features": .bool(usesFeatures),
            "context": .bool(usesContext), "similarity": .string(isCosine ? "cosine" : "dot"),
            "temperature": .number(temperature), "negatives": .integer(Int64(negatives)),
            "learning-rate": .number(learningRate), "l2": .number(l2), "dropout": .number(dropout),
            "initial-deviation": .number(initialDeviation), "batch-size": .integer(Int64(batchSize)),
            "half-life": halfLife.map { .number($0) } ?? .null, "precision": .string(precision.rawValue),
        ]
        return .object(members.merging(schedule.members) { own, _ in own })
    }
}
