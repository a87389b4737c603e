import CKernels
import Tensor

/// DCN-v2, stacked: cross layers over all embeddings and numbers, then an MLP.
///
/// x_{l+1} = x_0 ⊙ (W_l · x_l + b_l) + x_l, z = MLP(x_L)
///
/// `cross-rank` makes each W a product of two thin matrices. Source: Wang et al., "DCN V2: Improved Deep & Cross Network
/// and Practical Lessons for Web-scale Learning to Rank Systems" (2021).
package struct DCNv2: RankingNetwork {
    package static let kind = "dcn-v2"
    package static let defaults = NetworkSettings(
        dimension: 16, layers: [128, 64], crossLayers: 2, crossRank: 0, precision: .float32)

    package let layout: RankingLayout
    package var stem: DenseLayer? { cross.stem }
    package let readsInput = true
    package let plan: WorkspacePlan
    let cross: CrossLayers
    let deep: HiddenLayers

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: settings.dimension!, to: &parameters)
        var plan = WorkspacePlan()
        cross = CrossLayers(
            width: layout.width, count: settings.crossLayers!, rank: settings.crossRank!,
            precision: settings.precision ?? .float32, plan: &plan, to: &parameters)
        deep = HiddenLayers(
            "deep", input: layout.width, widths: settings.layers! + [1], isLastRectified: false,
            precision: settings.precision ?? .float32, plan: &plan,
            to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        cross.forward(parameters, space, rows: rows)
        deep.forward(parameters, x: space.values[cross.output], space, rows: rows)
        space.logits.pointer.update(from: space.values[deep.output].pointer, count: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        space.slopes[deep.output].pointer.update(from: space.logitSlope.pointer, count: rows)
        deep.backward(
            parameters, x: space.values[cross.output], xSlope: space.slopes[cross.output], space,
            gradients: gradients, rows: rows)
        cross.backward(parameters, space, gradients: gradients, rows: rows)
    }
}
