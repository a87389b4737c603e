import Core

/// The largest singular values of a sparse matrix and their right singular vectors.
///
/// Block Lanczos on AᵀA: a random block, then AᵀA times the block again and again, each made orthogonal to all before;
/// in the space that these span the problem is a small dense one. The space grows until the vectors asked for have
/// settled. Blocks shrink where directions run out, so that the rank may be anything.
///
/// Source: Golub and Underwood, "The Block Lanczos Method for Computing Eigenvalues" (1977); blocks are made
/// orthonormal by the eigenvectors of their Gram matrix (Stathopoulos and Wu, "A Block Orthogonalization Procedure with
/// Constant Synchronization Requirements", 2002).
package struct TruncatedSVD: Sendable {
    /// The singular values, falling; fewer than asked for if the rank is lower.
    package let values: [Float]
    /// `columns × values.count`: column `k` is the right singular vector of `values[k]`.
    package let right: Matrix
    /// The largest residual ‖AᵀA·v − σ²·v‖ of any vector, as a share of the largest σ².
    package let residual: Float

    /// Finds the `count` largest.
    ///
    /// - Parameters:
    ///   - matrix: A.
    ///   - count: how many, at least 1.
    ///   - tolerance: when ``residual`` is small enough.
    ///   - block: how many columns a block has.
    ///   - seed: the seed of the first block.
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    ///   - progress: told how many dimensions the space has.
    /// - Throws: `failedCheck` for a matrix with NaN or infinities, and what `progress` throws, which ends the work.
    /// - Complexity: O(m · entries + m² · columns + m³) with m dimensions of the space, two to four times `count`
    package init(
        _ matrix: SparseRows, count: Int, tolerance: Float = 1e-3, block: Int = 32, seed: UInt64 = 1,
        threads: Int? = nil, progress: (_ dimensions: Int) throws -> Void = { _ in }
    ) throws {
        precondition(count >= 1 && block >= 1, "at least one vector is asked for")
        // Where the whole space is hardly larger than what may be needed, it may be all of it.
        let most = max(6 * count, count + 4 * block)
        var space = LanczosSpace(
            matrix, limit: matrix.columns <= 2 * most ? matrix.columns : most, block: block, threads: threads)
        try space.begin(seed: seed)
        var next = min(count + block, space.limit)
        while true {
            let grew = try space.grow()
            try progress(space.dimensions)
            guard !grew || space.dimensions >= next else { continue }
            let found = try space.ritz(count)
            if !grew || found.residual <= tolerance {
                values = found.values.map { max($0, 0).squareRoot() }
                right = space.vectors(found.vectors)
                residual = found.residual
                return
            }
            next = space.dimensions + max(2 * block, count / 2)
        }
    }
}
