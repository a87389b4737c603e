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

    /// Writes the slopes of x, and adds those of the first vector.
    package func backward(
        _ space: RankingWorkspace, first: Matrix?, firstSlope: Matrix?, slope: Matrix, column: Int, rows: Int
    ) {
        let (width, dimension, count) = (layout.width, layout.dimension, layout.embeddingCount)
        let to = space.xSlopes + layout.embeddingColumn
        // The kernel adds: what a few rows begin with is still in the nearest caches when it does.
        for from in stride(from: 0, to: rows, by: 16) {
            let few = min(16, rows - from)
            for row in from..<from + few { (to + row * width).update(repeating: 0, count: count * dimension) }
            martlet_pairwise_backward(
                first.map { $0.pointer + from * dimension }, dimension,
                space.x.pointer + layout.embeddingColumn + from * width, width, count, dimension, few,
                slope.pointer + column + from * slope.columns, slope.columns,
                firstSlope.map { $0.pointer + from * dimension }, dimension, to + from * width, width,
                space.scratch.pointer)
        }
    }
}
