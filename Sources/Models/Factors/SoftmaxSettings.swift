import Core
import Tensor

/// What can be set about the softmax loss of factors, whichever model makes them.
struct SoftmaxSettings: Sendable, Equatable {
    /// Whether vectors are divided by their lengths.
    var isCosine: Bool
    /// What inner products are divided by.
    var temperature: Double
    /// The temperature of the positives' own softmax; nil: a user's positives count alike.
    var positiveTemperature: Double?
    /// The power of the sum over items: the loss is κ · log Σ exp − positives.
    var normalizerPower: Double
    /// What stands for all items.
    var negatives: Negatives
    /// How many items are drawn for a batch.
    var negativeCount: Int
    /// The power of an item's count that popular negatives are drawn by.
    var negativeExponent: Double
    /// How many draws of earlier batches count on.
    var queueSize: Int
    /// Whether a user's positives are left out of the sum.
    var masksPositives: Bool
    /// The power of the number of a user's pairs that the user counts by: 1 makes all pairs count alike, 0 all users.
    var userExponent: Double
    /// How exactly the factors of the products are held.
    var precision: Precision
    /// The temperature of the positives as it was set, whether the loss has one or not.
    private var storedPositiveTemperature: Double
}

extension SoftmaxSettings {
    /// Reads what only the softmax losses have; the rest is shared with other losses.
    init(
        _ fields: inout ConfigurationFields, loss: FactorLoss, negatives: Negatives, _ negativeCount: Int,
        _ negativeExponent: Double
    ) {
        isCosine = (fields.choice("similarity", of: ["cosine", "dot"]) ?? "cosine") == "cosine"
        temperature = fields.number("temperature", default: isCosine ? 0.1 : 1, in: 1e-4...1e4)
        let positive = fields.number("positive-temperature", default: 1, in: 1e-4...1e4)
        positiveTemperature = loss == .bsl ? positive : nil
        normalizerPower = fields.number("normalizer-power", default: 1, in: 0.1...10)
        self.negatives = negatives
        self.negativeCount = negativeCount
        self.negativeExponent = negativeExponent
        queueSize = fields.integer("queue-size", default: 8192, in: 0...16_777_216)
        masksPositives = fields.bool("mask-positives", default: true)
        userExponent = fields.number("user-exponent", default: 0.5, in: 0...2)
        precision =
            fields.choice("precision", of: Precision.allCases.map(\.rawValue)).flatMap(Precision.init) ?? .float32
        storedPositiveTemperature = positive
    }

    var members: [String: JSONValue] {
        [
            "similarity": .string(isCosine ? "cosine" : "dot"), "temperature": .number(temperature),
            "positive-temperature": .number(storedPositiveTemperature),
            "normalizer-power": .number(normalizerPower), "queue-size": .integer(Int64(queueSize)),
            "mask-positives": .bool(masksPositives), "user-exponent": .number(userExponent),
            "precision": .string(precision.rawValue),
        ]
    }
}
