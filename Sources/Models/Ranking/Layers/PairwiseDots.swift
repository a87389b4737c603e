import CKernels
import Tensor

/// The inner products of all pairs of a row's embeddings (and of one more vector, if there is one): DLRM's interaction.
///
/// Source: Naumov et al., "Deep Learning Recommendation Model for Personalization and Recommendation Systems" (2019).
package struct PairwiseDots: Sendable {
    private let layout: RankingLayout
    private let hasFirst: Bool
    /// How many vectors there are.
    package var vectors: Int { layout.embeddingCount + (hasFirst ? 1 : 0) }
    /// How many pairs.
    package var pairs: Int { vectors * (vectors - 1) / 2 }

    /// - Parameter hasFirst: whether a vector comes before the embeddings.
    package init(_ layout: RankingLayout, hasFirst: Bool, plan: inout WorkspacePlan) {
        self.layout = layout
        self.hasFirst = hasFirst
        plan.scratch = max(plan.scratch, martlet_pairwise_scratch(vectors, layout.dimension))
    }

    /// Writes the products of each row to columns `column...` of `out`.
    package func forward(_ space: RankingWorkspace, first: Matrix?, out: Matrix, column: Int, rows: Int) {
        martlet_pairwise(
            first?.pointer, layout.dimension, space.x.pointer + layout.embeddingColumn, layout.width,
            layout.embeddingCount, layout.dimension, rows, out.pointer + column, out.columns, space.scratch.pointer)
    }

    /// Adds the slopes of x and of the first vector.
    package func backward(
        _ space: RankingWorkspace, first: Matrix?, firstSlope: Matrix?, slope: Matrix, column: Int, rows: Int
    ) {
        martlet_pairwise_backward(
            first?.pointer, layout.dimension, space.x.pointer + layout.embeddingColumn, layout.width,
            layout.embeddingCount, layout.dimension, rows, slope.pointer + column, slope.columns, firstSlope?.pointer,
            layout.dimension, space.xSlope.pointer + layout.embeddingColumn, layout.width, space.scratch.pointer)
    }
}
