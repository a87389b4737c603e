import Tensor

/// Logistic regression: a weight for each code, each number and each pair of a user's field and an item's feature.
///
/// z = b + Σ_f w_f[code] + Σ_n w_n · x_n + Σ_{f, g} w_fg[code, code']
///
/// The crosses make it personal: without them everybody would get the same list. Sources: Richardson, Dominowska and
/// Ragno, "Predicting Clicks" (2007); crosses as in Cheng et al., "Wide & Deep Learning" (2016).
package struct LogisticRegression: RankingNetwork {
    package static let kind = "logistic-regression"
    package static let defaults = NetworkSettings(crosses: true)

    package let layout: RankingLayout
    /// The numbers' weights and b: x holds nothing but numbers.
    package let stem: DenseLayer?
    package let readsInput = false
    package let plan = WorkspacePlan()

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: 0, side: .weights, to: &parameters)
        stem = DenseLayer("linear", input: layout.width, output: 1, isRectified: false, to: &parameters)
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        space.logits.pointer.update(from: space.stem.pointer, count: rows)
        LinearTerms.addSide(space, rows: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        space.stemSlope.pointer.update(from: space.logitSlope.pointer, count: rows)
        LinearTerms.sideBackward(space, rows: rows)
    }
}
