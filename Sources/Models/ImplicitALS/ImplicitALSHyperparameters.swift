import Core

/// What can be set about iALS.
struct ImplicitALSHyperparameters: Hyperparameters {
    /// How the vectors of one side are found, the other side held.
    enum Solver: String, CaseIterable {
        /// A few steps of conjugate gradient from where the vector was.
        case conjugateGradient = "conjugate-gradient"
        /// Blocks of dimensions in turn, each solved exactly (iALS++); exact for `block-size` ≥ `dimension`.
        case block
    }

    /// Which pairs the weight of the unobserved counts for.
    enum Background: String, CaseIterable {
        /// All pairs, observed ones too, as in "iALS" and its revisiting.
        case all
        /// Only pairs that were not observed, as in Hu, Koren and Volinsky.
        case unobserved
    }

    /// D, the length of the vectors.
    var dimension: Int
    /// How often each side is solved for.
    var epochs: Int
    /// What an observed pair weighs.
    var observedWeight: Double
    /// α₀, what a pair weighs that was not observed.
    var unobservedWeight: Double
    /// Which pairs α₀ counts for.
    var background: Background
    /// λ.
    var regularization: Double
    /// ν, how the regularisation grows with how often a user or an item was seen.
    var regularizationExponent: Double
    /// How a side is solved for.
    var solver: Solver
    /// How many steps of conjugate gradient a vector gets in each epoch.
    var steps: Int
    /// How many dimensions of a vector are solved for at a time by `block`.
    var blockSize: Int
    /// The expected length of a vector at the start.
    var initialScale: Double

    init(_ fields: inout ConfigurationFields) {
        dimension = fields.integer("dimension", default: 128, in: 1...8192)
        epochs = fields.integer("epochs", default: 16, in: 1...10_000)
        observedWeight = fields.number("observed-weight", default: 1, in: 1e-6...1e6)
        unobservedWeight = fields.number("unobserved-weight", default: 0.1, in: 1e-9...1e6)
        background =
            fields.choice("background", of: Background.allCases.map(\.rawValue)).flatMap(Background.init) ?? .all
        regularization = fields.number("regularization", default: 0.001, in: 1e-9...1e6)
        regularizationExponent = fields.number("regularization-exponent", default: 1, in: 0...2)
        solver =
            fields.choice("solver", of: Solver.allCases.map(\.rawValue)).flatMap(Solver.init) ?? .conjugateGradient
        steps = fields.integer("steps", default: 3, in: 1...1000)
        blockSize = fields.integer("block-size", default: 128, in: 1...8192)
        initialScale = fields.number("initial-scale", default: 0.1, in: 1e-6...100)
        if background == .unobserved, observedWeight <= unobservedWeight {
            fields.diagnostics.report(
                "'\(fields.name(of: "observed-weight"))' must be larger than 'unobserved-weight'",
                at: fields.location(of: "observed-weight"))
        }
    }

    var json: JSONValue {
        [
            "dimension": .integer(Int64(dimension)), "epochs": .integer(Int64(epochs)),
            "observed-weight": .number(observedWeight), "unobserved-weight": .number(unobservedWeight),
            "background": .string(background.rawValue), "regularization": .number(regularization),
            "regularization-exponent": .number(regularizationExponent), "solver": .string(solver.rawValue),
            "steps": .integer(Int64(steps)), "block-size": .integer(Int64(blockSize)),
            "initial-scale": .number(initialScale),
        ]
    }
}
