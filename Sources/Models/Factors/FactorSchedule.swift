import Core

/// How long a factor model trains, which all of them let one set alike.
struct FactorSchedule: Sendable, Equatable {
    /// The most passes over the data.
    var epochs: Int
    /// After how many passes the validation metric is measured.
    var validationEvery: Int
    /// How many measurements without a better one end the training.
    var patience: Int
    /// How the learning rate changes from the first pass to the last.
    var rate: LearningRateSchedule.Shape

    init(_ fields: inout ConfigurationFields, epochs: Int, validationEvery: Int) {
        self.epochs = fields.integer("epochs", default: epochs, in: 1...100_000)
        self.validationEvery = fields.integer("validation-every", default: validationEvery, in: 1...100_000)
        patience = fields.integer("patience", default: 3, in: 1...100_000)
        rate =
            fields.choice("schedule", of: LearningRateSchedule.Shape.allCases.map(\.rawValue))
            .flatMap(LearningRateSchedule.Shape.init) ?? .constant
    }

    var members: [String: JSONValue] {
        [
            "epochs": .integer(Int64(epochs)), "validation-every": .integer(Int64(validationEvery)),
            "patience": .integer(Int64(patience)), "schedule": .string(rate.rawValue),
        ]
    }

    /// What the learning rate is multiplied with.
    ///
    /// - Parameters:
    ///   - passes: how many passes over the data were made, parts of one included.
    ///   - total: how many there will be at most.
    func factor(after passes: Double, of total: Int) -> Double {
        // In steps that are short beside any pass: the schedule counts whole ones.
        let steps = 65_536.0
        return LearningRateSchedule(shape: rate, warmUp: 0)
            .factor(step: Int(passes * steps), of: Int(Double(total) * steps))
    }
}
