import Tensor

/// The linear part of a logit: b + Σ w_n · x_n over the numbers + the weights looked up, which are all of the second
/// input.
package struct LinearTerms: Sendable {
    private let numbers: NumberColumns
    private let gathered: Int
    /// The numbers' weights and b.
    package let layer: DenseLayer

    /// Adds the weights of the numbers.
    package init(_ layout: RankingLayout, plan: inout WorkspacePlan, to parameters: inout Parameters) {
        numbers = NumberColumns(layout)
        gathered = plan.add(numbers.count)
        layer = DenseLayer("linear", input: numbers.count, output: 1, isRectified: false, to: &parameters)
    }

    /// Fills the logits.
    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        numbers.gather(space.x, to: space.values[gathered], rows: rows)
        layer.forward(parameters, x: space.values[gathered], y: space.logits, rows: 0..<rows)
        Self.addSide(space, rows: rows)
    }

    /// Adds the gradients of the numbers' weights, and writes the slopes of the second input; numbers carry none on.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        // The slope is used by others too, and a layer that is not rectified leaves it as it is.
        layer.backward(
            parameters, x: space.values[gathered], y: space.logits, dy: space.logitSlope, dx: space.slopes[gathered],
            gradients: gradients, rows: 0..<rows)
        Self.sideBackward(space, rows: rows)
    }

    /// logits += Σ side.
    package static func addSide(_ space: RankingWorkspace, rows: Int) {
        let (side, width, logits) = (space.side.pointer, space.side.columns, space.logits.pointer)
        for row in 0..<rows {
            var sum: Float = 0
            for column in 0..<width { sum += side[row * width + column] }
            logits[row] += sum
        }
    }

    /// The slopes of the second input are those of the logits.
    package static func sideBackward(_ space: RankingWorkspace, rows: Int) {
        let width = space.side.columns
        for row in 0..<rows {
            (space.sideSlope.pointer + row * width).update(repeating: space.logitSlope.pointer[row], count: width)
        }
    }
}
