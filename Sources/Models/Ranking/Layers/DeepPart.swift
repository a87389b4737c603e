import CKernels
import Tensor

/// The deep part of a network: x through rectified layers to one number for each row, which is added to the logits.
///
/// The first layer's product is the stem.
package struct DeepPart: Sendable {
    /// x · W + b of the first layer.
    package let stem: DenseLayer
    package let first: StemColumns
    /// The hidden layers after the first, and the output.
    package let rest: HiddenLayers

    /// Adds the parameters, under `deep`.
    package init(
        input: Int, widths: [Int], precision: Precision, plan: inout WorkspacePlan, to parameters: inout Parameters
    ) {
        stem = DenseLayer(
            "deep.layer1", input: input, output: widths[0], isRectified: false, precision: precision,
            to: &parameters)
        first = StemColumns(column: 0, width: widths[0], plan: &plan)
        rest = HiddenLayers(
            "deep", input: widths[0], widths: widths.dropFirst() + [1], isLastRectified: false, number: 2,
            precision: precision, plan: &plan,
            to: &parameters)
    }

    /// logits += the output.
    package func add(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        first.forward(space, rows: rows)
        rest.forward(parameters, x: space.values[first.place], space, rows: rows)
        martlet_axpy(1, space.values[rest.output].pointer, space.logits.pointer, rows)
    }

    /// Writes the slopes of the stem's output.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        space.slopes[rest.output].pointer.update(from: space.logitSlope.pointer, count: rows)
        rest.backward(
            parameters, x: space.values[first.place], xSlope: space.slopes[first.place], space, gradients: gradients,
            rows: rows)
        first.backward(space, rows: rows)
    }
}
