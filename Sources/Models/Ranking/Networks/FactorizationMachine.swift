import Tensor

/// Factorisation machine: linear terms, and the inner products of all pairs of vectors.
///
/// z = b + Σ w + Σ_{i<j} ⟨v_i, v_j⟩
///
/// Source: Rendle, "Factorization Machines" (2010).
package struct FactorizationMachine: RankingNetwork {
    package static let kind = "fm"
    package static let defaults = NetworkSettings(dimension: 16)

    package let layout: RankingLayout
    package let stem: DenseLayer? = nil
    package let readsInput = true
    package let plan: WorkspacePlan
    let linear: LinearTerms
    let pairs: FactorizationTerms

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: settings.dimension!, side: .weights, to: &parameters)
        var plan = WorkspacePlan()
        linear = LinearTerms(layout, plan: &plan, to: &parameters)
        pairs = FactorizationTerms(layout, plan: &plan, to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        linear.forward(parameters, space, rows: rows)
        pairs.add(parameters, space, rows: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        linear.backward(parameters, space, gradients: gradients, rows: rows)
        pairs.backward(parameters, space, gradients: gradients, rows: rows)
    }
}
