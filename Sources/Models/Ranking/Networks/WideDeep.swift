import Tensor

/// Wide & Deep: linear terms with crosses, which remember, beside an MLP over embeddings, which generalises.
///
/// z = b + Σ w + Σ w_cross + MLP(x)
///
/// Both are trained together, by the same optimiser. Source: Cheng et al., "Wide & Deep Learning for Recommender
/// Systems" (2016).
package struct WideDeep: RankingNetwork {
    package static let kind = "wide-deep"
    package static let defaults = NetworkSettings(dimension: 16, layers: [128, 64], crosses: true, precision: .float32)

    package let layout: RankingLayout
    package var stem: DenseLayer? { deep.stem }
    package let readsInput = false
    package let plan: WorkspacePlan
    let deep: DeepPart

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: settings.dimension!, side: .weights, to: &parameters)
        var plan = WorkspacePlan()
        deep = DeepPart(
            input: layout.width, widths: settings.layers!, precision: settings.precision ?? .float32, plan: &plan,
            to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        space.logits.pointer.update(repeating: 0, count: rows)
        LinearTerms.addSide(space, rows: rows)
        deep.add(parameters, space, rows: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        LinearTerms.sideBackward(space, rows: rows)
        deep.backward(parameters, space, gradients: gradients, rows: rows)
    }
}
