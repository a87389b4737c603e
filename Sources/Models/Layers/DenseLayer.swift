import CKernels
import Tensor

/// A fully connected layer: y = act(x · W + b), act the identity or max(0, ·).
///
/// Shapes: x `B × in`, W `in × out`, b `1 × out`, y `B × out`. Calls work on some rows of a batch, on one thread.
package struct DenseLayer: Sendable {
    /// Where W stands among the parameters.
    package let weight: Int
    /// Where b stands.
    package let bias: Int
    /// The width of x.
    package let input: Int
    /// The width of y.
    package let output: Int
    /// Whether negative outputs become 0.
    package let isRectified: Bool
    /// How exactly the factors of the layer's three products are held. Parameters and gradients are float32.
    package var precision: Precision

    /// Adds the layer's parameters.
    package init(
        _ name: String, input: Int, output: Int, isRectified: Bool, precision: Precision = .float32,
        to parameters: inout Parameters
    ) {
        weight = parameters.add("\(name).weight", rows: input, columns: output, isTable: false)
        bias = parameters.add("\(name).bias", rows: 1, columns: output, isTable: false)
        self.input = input
        self.output = output
        self.isRectified = isRectified
        self.precision = precision
    }

    /// y = act(x · W + b) for `rows` of the batch.
    package func forward(_ parameters: Parameters, x: Matrix, y: Matrix, rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        multiply(
            m: rows.count, n: output, k: input, a: x.pointer + rows.lowerBound * input, strideA: input,
            b: parameters[weight].pointer, strideB: output, c: y.pointer + rows.lowerBound * output, strideC: output,
            bias: parameters[bias].pointer, isRectified: isRectified, precision: precision)
    }

    /// The way back for `rows` of the batch: turns ∂L/∂y (in `dy`, changed) into ∂L/∂x (written to `dx`) and adds this
    /// piece's ∂L/∂W and ∂L/∂b to `gradients`.
    package func backward(
        _ parameters: Parameters, x: Matrix, y: Matrix, dy: Matrix, dx: Matrix, gradients: DenseGradients,
        rows: Range<Int>
    ) {
        guard !rows.isEmpty else { return }
        let slope = dy.pointer + rows.lowerBound * output
        if isRectified { martlet_relu_backward(slope, y.pointer + rows.lowerBound * output, rows.count * output) }
        martlet_column_sums(slope, rows.count, output, gradients[bias].pointer)
        multiply(
            transposeA: true, m: input, n: output, k: rows.count, a: x.pointer + rows.lowerBound * input,
            strideA: input, b: slope, strideB: output, c: gradients[weight].pointer, strideC: output, adds: true,
            precision: precision)
        multiply(
            transposeB: true, m: rows.count, n: input, k: output, a: slope, strideA: output,
            b: parameters[weight].pointer, strideB: output, c: dx.pointer + rows.lowerBound * input, strideC: input,
            precision: precision)
    }
}

/// One worker's gradients of the dense parameters; tables have none here.
package struct DenseGradients: Sendable {
    private let matrices: [Matrix?]

    /// Makes zeros beside the dense parameters.
    package init(_ parameters: Parameters) {
        matrices = parameters.entries.map {
            $0.isTable ? nil : Matrix(rows: $0.matrix.rows, columns: $0.matrix.columns)
        }
    }

    /// The gradient of the dense parameter at `place`.
    package subscript(_ place: Int) -> Matrix { matrices[place]! }

    /// Sets all gradients to 0.
    package func clear() {
        for case .some(let matrix) in matrices { matrix.values.update(repeating: 0) }
    }
}
