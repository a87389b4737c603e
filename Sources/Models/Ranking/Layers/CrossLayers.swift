import CKernels
import Tensor

/// Cross layers of the second kind: x_{l+1} = x_0 ⊙ (W_l · x_l + b_l) + x_l, W full or of low rank, W = U · V.
///
/// The first product of the first layer is the stem. Source: Wang et al., "DCN V2: Improved Deep & Cross Network and
/// Practical Lessons for Web-scale Learning to Rank Systems" (2021).
package struct CrossLayers: Sendable {
    /// One layer; with full rank `down` is nil.
    private struct Layer: Sendable {
        var down: DenseLayer?
        var up: DenseLayer?
        /// Where V · x, W · x + b and the layer's output stand.
        var low: Int
        var product: Int
        var output: Int
    }

    private let layers: [Layer]
    /// V of the first layer if it has low rank, else its W.
    package let stem: DenseLayer
    private let width: Int

    /// Adds the parameters.
    ///
    /// - Parameter rank: 0 for full rank.
    package init(
        width: Int, count: Int, rank: Int, precision: Precision, plan: inout WorkspacePlan,
        to parameters: inout Parameters
    ) {
        self.width = width
        var layers: [Layer] = []
        var stem: DenseLayer?
        for number in 1...count {
            let down = DenseLayer(
                rank > 0 ? "cross\(number).v" : "cross\(number)", input: width, output: rank > 0 ? rank : width,
                isRectified: false, precision: precision, to: &parameters)
            let up =
                rank > 0
                ? DenseLayer(
                    "cross\(number).u", input: rank, output: width, isRectified: false, precision: precision,
                    to: &parameters) : nil
            if number == 1 { stem = down }
            layers.append(
                Layer(
                    down: number == 1 ? nil : down, up: up, low: plan.add(rank), product: plan.add(width),
                    output: plan.add(width)))
        }
        self.layers = layers
        self.stem = stem!
    }

    /// Where the last layer's output stands in the workspace.
    package var output: Int { layers[layers.count - 1].output }

    /// The layers' weights and biases, in the order of ``graph``: the product with x, then U.
    package var products: [(down: DenseLayer, up: DenseLayer?)] { layers.map { ($0.down ?? stem, $0.up) } }

    /// Runs the layers.
    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        var x = space.x
        for layer in layers {
            let product = product(layer, space)
            if let down = layer.down {
                down.forward(parameters, x: x, y: layer.up == nil ? product : space.values[layer.low], rows: 0..<rows)
            }
            layer.up?.forward(parameters, x: low(layer, space), y: product, rows: 0..<rows)
            martlet_cross(
                space.x.pointer, product.pointer, x.pointer, space.values[layer.output].pointer, rows * width)
            x = space.values[layer.output]
        }
    }

    /// W · x + b: the stem's output is that of the first layer, if that has full rank.
    private func product(_ layer: Layer, _ space: RankingWorkspace) -> Matrix {
        layer.down == nil && layer.up == nil ? space.stem : space.values[layer.product]
    }

    private func low(_ layer: Layer, _ space: RankingWorkspace) -> Matrix {
        layer.down == nil ? space.stem : space.values[layer.low]
    }

    /// The way back from the slopes of the output: adds those of x, writes those of the stem's output.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        for (index, layer) in layers.enumerated().reversed() {
            let isFirst = index == 0
            let slope = space.slopes[layer.output]
            let productSlope = isFirst && layer.up == nil ? space.stemSlope : space.slopes[layer.product]
            martlet_cross_backward(
                space.x.pointer, product(layer, space).pointer, slope.pointer, productSlope.pointer,
                space.xSlopes, rows * width)
            layer.up?.backward(
                parameters, x: low(layer, space), y: product(layer, space), dy: productSlope,
                dx: isFirst ? space.stemSlope : space.slopes[layer.low], gradients: gradients, rows: 0..<rows)
            guard let down = layer.down else {
                martlet_axpy(1, slope.pointer, space.xSlopes, rows * width)
                continue
            }
            let before = layers[index - 1].output
            space.slopes[before].pointer.update(from: slope.pointer, count: rows * width)
            // What came from above is used up: its memory takes the slope that comes through the product.
            let through = layer.up == nil ? slope : productSlope
            down.backward(
                parameters, x: space.values[before], y: product(layer, space),
                dy: layer.up == nil ? productSlope : space.slopes[layer.low], dx: through, gradients: gradients,
                rows: 0..<rows)
            martlet_axpy(1, through.pointer, space.slopes[before].pointer, rows * width)
        }
    }
}
