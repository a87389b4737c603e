import Tensor

/// The memory that one tower works in, for batches of up to `rows` rows.
package struct TowerWorkspace: Sendable {
    /// x, then each layer's output; the last is the tower's output.
    package let activations: [Matrix]
    /// The loss's gradients by the activations.
    package let gradients: [Matrix]
    /// 1 / ‖output‖ before it was divided, `rows × 1`.
    package let inverseNorms: Matrix

    /// Takes memory for batches of up to `rows` rows.
    package init(_ tower: Tower, rows: Int, withGradients: Bool = true) {
        let widths = [tower.inputWidth] + tower.layers.map(\.output)
        activations = widths.map { Matrix(rows: rows, columns: $0) }
        gradients = withGradients ? widths.map { Matrix(rows: rows, columns: $0) } : []
        inverseNorms = Matrix(rows: rows, columns: 1)
    }

    /// The tower's output, `rows × D`.
    package var output: Matrix { activations[activations.count - 1] }
    /// The gradient by the output.
    package var outputGradient: Matrix { gradients[gradients.count - 1] }
}
