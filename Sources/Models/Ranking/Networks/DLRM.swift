import Tensor

/// DLRM: numbers go through a bottom MLP to one more embedding, all pairs of embeddings are multiplied, and a top MLP
/// turns the products into a logit.
///
/// v_0 = MLP_bottom(numbers), z = MLP_top([v_0 | ⟨v_i, v_j⟩ for i > j])
///
/// Without numbers there is no v_0. The bottom MLP's last layer has the width of an embedding. Source: Naumov et al.,
/// "Deep Learning Recommendation Model for Personalization and Recommendation Systems" (2019).
package struct DLRM: RankingNetwork {
    package static let kind = "dlrm"
    package static let defaults = NetworkSettings(
        dimension: 16, layers: [128, 64], bottomLayers: [64], precision: .float32)

    package let layout: RankingLayout
    package let stem: DenseLayer? = nil
    package let readsInput = true
    package let writesInputSlopes = true
    package let plan: WorkspacePlan
    let numbers: NumberColumns
    private let gathered: Int
    let bottom: HiddenLayers?
    let dots: PairwiseDots
    private let joined: Int
    let top: HiddenLayers

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        let dimension = settings.dimension!
        layout = RankingLayout(fields, dimension: dimension, to: &parameters)
        var plan = WorkspacePlan()
        numbers = NumberColumns(layout)
        gathered = plan.add(numbers.count)
        bottom =
            numbers.count > 0
            ? HiddenLayers(
                "bottom", input: numbers.count, widths: settings.bottomLayers! + [dimension], isLastRectified: true,
                precision: settings.precision ?? .float32, plan: &plan, to: &parameters) : nil
        dots = PairwiseDots(layout, hasFirst: numbers.count > 0, plan: &plan)
        let width = (numbers.count > 0 ? dimension : 0) + dots.pairs
        joined = plan.add(width)
        top = HiddenLayers(
            "top", input: width, widths: settings.layers! + [1], isLastRectified: false,
            precision: settings.precision ?? .float32, plan: &plan, to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        let (join, width) = (space.values[joined], space.values[joined].columns)
        var first: Matrix?
        if let bottom {
            numbers.gather(space.x, to: space.values[gathered], rows: rows)
            bottom.forward(parameters, x: space.values[gathered], space, rows: rows)
            let output = space.values[bottom.output]
            for row in 0..<rows {
                (join.pointer + row * width).update(
                    from: output.pointer + row * output.columns, count: output.columns)
            }
            first = output
        }
        dots.forward(space, first: first, out: join, column: width - dots.pairs, rows: rows)
        top.forward(parameters, x: join, space, rows: rows)
        space.logits.pointer.update(from: space.values[top.output].pointer, count: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        let (slope, width) = (space.slopes[joined], space.values[joined].columns)
        space.slopes[top.output].pointer.update(from: space.logitSlope.pointer, count: rows)
        top.backward(
            parameters, x: space.values[joined], xSlope: slope, space, gradients: gradients, rows: rows)
        if let bottom {
            let output = space.slopes[bottom.output]
            for row in 0..<rows {
                (output.pointer + row * output.columns).update(
                    from: slope.pointer + row * width, count: output.columns)
            }
        }
        dots.backward(
            space, first: bottom.map { space.values[$0.output] }, firstSlope: bottom.map { space.slopes[$0.output] },
            slope: slope, column: width - dots.pairs, rows: rows)
        bottom?.backward(
            parameters, x: space.values[gathered], xSlope: space.slopes[gathered], space, gradients: gradients,
            rows: rows)
    }
}
