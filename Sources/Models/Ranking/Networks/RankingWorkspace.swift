import Tensor

/// The widths of what a ranking network keeps of each row between its inputs and its logits.
package struct WorkspacePlan: Sendable {
    /// The widths, by place.
    package private(set) var widths: [Int] = []
    /// How many numbers kernels need for themselves.
    package var scratch = 0

    package init() {}

    /// Asks for a matrix of `width` columns and says its place.
    package mutating func add(_ width: Int) -> Int {
        widths.append(width)
        return widths.count - 1
    }
}

/// The memory that one worker runs a ranking network in, for blocks of up to `capacity` rows.
package struct RankingWorkspace: Sendable {
    /// x, `B × X`, and the loss's slopes by it, which begin at row `firstSlopeRow`.
    package let x: Matrix
    package var xSlope: Matrix
    package var firstSlopeRow = 0
    /// The second input, `B × S`.
    package let side: Matrix
    package let sideSlope: Matrix
    /// x · W + b of the stem, `B × H`.
    package let stem: Matrix
    package let stemSlope: Matrix
    /// `B × T`.
    package let logits: Matrix
    package let logitSlope: Matrix
    /// What the network keeps, by the places of its plan.
    package let values: [Matrix]
    package let slopes: [Matrix]
    /// For kernels.
    package let scratch: Matrix
    /// The share of hidden numbers that training sets to 0, and the seed of which.
    package var dropout: (share: Float, seed: UInt64)?
    /// The number of the first row in its batch: masks depend on rows' numbers, not on who computes them.
    package var firstRow = 0

    /// The slopes by x of the first row.
    package var xSlopes: UnsafeMutablePointer<Float> { xSlope.pointer + firstSlopeRow * xSlope.columns }

    /// Takes memory.
    package init(_ network: some RankingNetwork, targets: Int, capacity: Int, withSlopes: Bool) {
        let layout = network.layout
        let slopeRows = withSlopes ? capacity : 0
        x = Matrix(rows: capacity, columns: layout.width)
        xSlope = Matrix(rows: slopeRows, columns: layout.width)
        side = Matrix(rows: capacity, columns: layout.sideWidth)
        sideSlope = Matrix(rows: slopeRows, columns: layout.sideWidth)
        stem = Matrix(rows: capacity, columns: network.stem?.output ?? 0)
        stemSlope = Matrix(rows: slopeRows, columns: network.stem?.output ?? 0)
        logits = Matrix(rows: capacity, columns: targets)
        logitSlope = Matrix(rows: slopeRows, columns: targets)
        values = network.plan.widths.map { Matrix(rows: capacity, columns: $0) }
        slopes = network.plan.widths.map { Matrix(rows: slopeRows, columns: $0) }
        scratch = Matrix(rows: 1, columns: network.plan.scratch)
    }
}
