import Tensor

/// DeepFM: a factorisation machine and an MLP over the same embeddings.
///
/// z = b + Σ w + Σ_{i<j} ⟨v_i, v_j⟩ + MLP(x)
///
/// Source: Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction" (2017).
package struct DeepFM: RankingNetwork {
    package static let kind = "deepfm"
    package static let defaults = NetworkSettings(dimension: 16, layers: [128, 64], precision: .float32)

    package let layout: RankingLayout
    package var stem: DenseLayer? { deep.stem }
    package let readsInput = true
    package let plan: WorkspacePlan
    let linear: LinearTerms
    let pairs: FactorizationTerms
    let deep: DeepPart

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: settings.dimension!, side: .weights, to: &parameters)
        var plan = WorkspacePlan()
        linear = LinearTerms(layout, plan: &plan, to: &parameters)
        pairs = FactorizationTerms(layout, plan: &plan, to: &parameters)
        deep = DeepPart(
            input: layout.width, widths: settings.layers!, precision: settings.precision ?? .float32, plan: &plan,
            to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        linear.forward(parameters, space, rows: rows)
        pairs.add(parameters, space, rows: rows)
        deep.add(parameters, space, rows: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        linear.backward(parameters, space, gradients: gradients, rows: rows)
        pairs.backward(parameters, space, gradients: gradients, rows: rows)
        deep.backward(parameters, space, gradients: gradients, rows: rows)
    }
}
