import CKernels
import Tensor

/// Some columns of the stem's output as the first hidden layer: rectified, with dropout in training.
package struct StemColumns: Sendable {
    /// Where the columns begin in the stem.
    package let column: Int
    /// How many there are.
    package let width: Int
    /// Where the layer's output stands in the workspace.
    package let place: Int

    package init(column: Int, width: Int, plan: inout WorkspacePlan) {
        self.column = column
        self.width = width
        place = plan.add(width)
    }

    /// Fills the layer's output.
    package func forward(_ space: RankingWorkspace, rows: Int) {
        martlet_relu_columns(
            space.stem.pointer + column, space.stem.columns, width, rows, space.values[place].pointer)
        space.dropOut(space.values[place], layer: place, rows: rows)
    }

    /// Fills the columns' slopes from those of the output.
    package func backward(_ space: RankingWorkspace, rows: Int) {
        space.dropOut(space.slopes[place], layer: place, rows: rows)
        martlet_relu_columns_backward(
            space.slopes[place].pointer, space.values[place].pointer, width, rows, space.stemSlope.pointer + column,
            space.stemSlope.columns)
    }
}
