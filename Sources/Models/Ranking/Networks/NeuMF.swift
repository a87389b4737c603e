import CKernels
import Tensor

/// NeuMF: generalised matrix factorisation beside an MLP, each with embeddings of its own, joined in the last layer.
///
/// z = ⟨h, [p_u ⊙ q_i | MLP(x)]⟩ + b
///
/// p and q are vectors of the ids; the MLP sees all fields, the history and the numbers, where the paper's sees the two
/// ids. Source: He et al., "Neural Collaborative Filtering" (2017).
package struct NeuMF: RankingNetwork {
    package static let kind = "neumf"
    package static let defaults = NetworkSettings(dimension: 16, layers: [64, 32], precision: .float32)

    package let layout: RankingLayout
    package let stem: DenseLayer?
    package let readsInput = false
    package let plan: WorkspacePlan
    let first: StemColumns
    let rest: HiddenLayers?
    let vectorWidth: Int
    private let joined: Int
    let output: DenseLayer

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        let (dimension, widths) = (settings.dimension!, settings.layers!)
        layout = RankingLayout(fields, dimension: dimension, side: .ids(width: dimension), to: &parameters)
        vectorWidth = layout.userSideWidth > 0 && layout.itemSideWidth > 0 ? dimension : 0
        var plan = WorkspacePlan()
        stem = DenseLayer(
            "deep.layer1", input: layout.width, output: widths[0], isRectified: false,
            precision: settings.precision ?? .float32, to: &parameters)
        first = StemColumns(column: 0, width: widths[0], plan: &plan)
        rest =
            widths.count > 1
            ? HiddenLayers(
                "deep", input: widths[0], widths: Array(widths.dropFirst()), isLastRectified: true, number: 2,
                precision: settings.precision ?? .float32, plan: &plan, to: &parameters) : nil
        joined = plan.add(vectorWidth + widths[widths.count - 1])
        output = DenseLayer(
            "output", input: vectorWidth + widths[widths.count - 1], output: 1, isRectified: false, to: &parameters)
        self.plan = plan
    }

    private var deepPlace: Int { rest?.output ?? first.place }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        first.forward(space, rows: rows)
        rest?.forward(parameters, x: space.values[first.place], space, rows: rows)
        let (join, deep) = (space.values[joined], space.values[deepPlace])
        for row in 0..<rows {
            let (to, side) = (join.pointer + row * join.columns, space.side.pointer + row * space.side.columns)
            for d in 0..<vectorWidth { to[d] = side[d] * side[vectorWidth + d] }
            (to + vectorWidth).update(from: deep.pointer + row * deep.columns, count: deep.columns)
        }
        output.forward(parameters, x: join, y: space.logits, rows: 0..<rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        let (slope, deep) = (space.slopes[joined], space.slopes[deepPlace])
        output.backward(
            parameters, x: space.values[joined], y: space.logits, dy: space.logitSlope, dx: slope,
            gradients: gradients, rows: 0..<rows)
        for row in 0..<rows {
            let from = slope.pointer + row * slope.columns
            let side = space.side.pointer + row * space.side.columns
            let to = space.sideSlope.pointer + row * space.side.columns
            for d in 0..<vectorWidth {
                to[d] = from[d] * side[vectorWidth + d]
                to[vectorWidth + d] = from[d] * side[d]
            }
            (deep.pointer + row * deep.columns).update(from: from + vectorWidth, count: deep.columns)
        }
        rest?.backward(
            parameters, x: space.values[first.place], xSlope: space.slopes[first.place], space, gradients: gradients,
            rows: rows)
        first.backward(space, rows: rows)
    }
}
