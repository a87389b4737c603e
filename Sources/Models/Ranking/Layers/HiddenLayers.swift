import CKernels
import Tensor

/// Fully connected layers one after the other, each rectified (the last one if asked), with dropout in training.
package struct HiddenLayers: Sendable {
    /// The layers.
    package let layers: [DenseLayer]
    /// Where each one's output stands in the workspace.
    private let places: [Int]
    private let isLastRectified: Bool

    /// Adds the parameters, named `name` and the layer's number, which counts on from `number`.
    package init(
        _ name: String, input: Int, widths: [Int], isLastRectified: Bool, number: Int = 1,
        precision: Precision = .float32, plan: inout WorkspacePlan,
        to parameters: inout Parameters
    ) {
        self.isLastRectified = isLastRectified
        var layers: [DenseLayer] = []
        var before = input
        for (index, width) in widths.enumerated() {
            layers.append(
                DenseLayer(
                    "\(name).layer\(number + index)", input: before, output: width,
                    isRectified: isLastRectified || index < widths.count - 1, precision: precision, to: &parameters))
            before = width
        }
        self.layers = layers
        places = widths.map { plan.add($0) }
    }

    /// Where the last output stands in the workspace; there must be a layer.
    package var output: Int { places[places.count - 1] }

    /// Runs the layers on the first `rows` rows of `x`.
    package func forward(_ parameters: Parameters, x: Matrix, _ space: RankingWorkspace, rows: Int) {
        var x = x
        for (layer, place) in zip(layers, places) {
            layer.forward(parameters, x: x, y: space.values[place], rows: 0..<rows)
            if layer.isRectified { space.dropOut(space.values[place], layer: place, rows: rows) }
            x = space.values[place]
        }
    }

    /// The way back from the slopes of the last output; writes those of `x`.
    package func backward(
        _ parameters: Parameters, x: Matrix, xSlope: Matrix, _ space: RankingWorkspace, gradients: DenseGradients,
        rows: Int
    ) {
        for index in layers.indices.reversed() {
            let place = places[index]
            if layers[index].isRectified { space.dropOut(space.slopes[place], layer: place, rows: rows) }
            layers[index].backward(
                parameters, x: index == 0 ? x : space.values[places[index - 1]], y: space.values[place],
                dy: space.slopes[place], dx: index == 0 ? xSlope : space.slopes[places[index - 1]],
                gradients: gradients, rows: 0..<rows)
        }
    }
}

extension RankingWorkspace {
    /// Sets a share of the numbers to 0; on the slopes the same call is the way back. Nothing happens outside training.
    package func dropOut(_ matrix: Matrix, layer: Int, rows: Int) {
        guard let dropout else { return }
        let seed = dropout.seed &+ UInt64(layer + 1) &* 0xA24B_AED4_963E_E407
        martlet_dropout(
            matrix.pointer, rows * matrix.columns, seed, UInt64(firstRow * matrix.columns), dropout.share)
    }
}
