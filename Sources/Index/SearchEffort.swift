/// How much of a partitioned index a query reads.
///
/// Cells are read from the most promising on, while
///
///     ⟨q, μ⟩ + reach · ‖q‖ · σ ≥ the (refine · k)-th best score so far
///
/// μ is the mean of the cell's vectors and σ their standard deviation along one direction. So a query that has found its
/// neighbours in a few cells reads no more, and one that lies between clusters reads on.
public struct SearchEffort: Sendable, Equatable {
    /// How many standard deviations a cell's best vector is expected to lie beyond its mean; `infinity` reads all cells.
    public var reach: Float
    /// How many vectors are scored again in 16 bits, as a multiple of `k`; at least 1.
    public var refine: Float

    /// Makes an effort.
    public init(reach: Float = 3, refine: Float = 1.5) {
        self.reach = reach
        self.refine = refine
    }

    /// Reads every cell, and keeps four times as many candidates as wanted.
    public static let everything = SearchEffort(reach: .infinity, refine: 4)
}
