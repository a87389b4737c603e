import Tensor

/// A small MLP for each target, from the target's mixture of experts to its logit.
package struct TargetTowers: Sendable {
    /// The towers, by target.
    package let towers: [HiddenLayers]

    /// Adds the parameters.
    package init(
        targets: Int, input: Int, widths: [Int], precision: Precision, plan: inout WorkspacePlan,
        to parameters: inout Parameters
    ) {
        towers = (1...targets).map {
            HiddenLayers(
                "tower\($0)", input: input, widths: widths + [1], isLastRectified: false, precision: precision,
                plan: &plan, to: &parameters)
        }
    }

    /// Fills the logits; `inputs` are the places of the targets' mixtures.
    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, inputs: (Int) -> Int, rows: Int) {
        for (target, tower) in towers.enumerated() {
            tower.forward(parameters, x: space.values[inputs(target)], space, rows: rows)
            let output = space.values[tower.output].pointer
            for row in 0..<rows { space.logits.pointer[row * towers.count + target] = output[row] }
        }
    }

    /// Writes the slopes of the targets' mixtures.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, inputs: (Int) -> Int, gradients: DenseGradients, rows: Int
    ) {
        for (target, tower) in towers.enumerated() {
            let slope = space.slopes[tower.output].pointer
            for row in 0..<rows { slope[row] = space.logitSlope.pointer[row * towers.count + target] }
            tower.backward(
                parameters, x: space.values[inputs(target)], xSlope: space.slopes[inputs(target)], space,
                gradients: gradients, rows: rows)
        }
    }
}
