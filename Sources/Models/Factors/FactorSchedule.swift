import Core

/// How long a factor model trains, which all of them let one set alike.
struct FactorSchedule: Sendable, Equatable {
    /// The most passes over the data.
    var epochs: Int
    /// After how many passes the validation metric is measured.
    var validationEvery: Int
    /// How many measurements without a better one end the training.
    var patience: Int

    init(_ fields: inout ConfigurationFields, epochs: Int, validationEvery: Int) {
        self.epochs = fields.integer("epochs", default: epochs, in: 1...100_000)
        self.validationEvery = fields.integer("validation-every", default: validationEvery, in: 1...100_000)
        patience = fields.integer("patience", default: 3, in: 1...100_000)
    }

    var members: [String: JSONValue] {
        [
            "epochs": .integer(Int64(epochs)), "validation-every": .integer(Int64(validationEvery)),
            "patience": .integer(Int64(patience)),
        ]
    }
}
