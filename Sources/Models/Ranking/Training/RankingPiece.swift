import CKernels
import Core
import Tensor

/// One worker's share of a step: its rows, and the slopes that its tables are owed.
///
/// A group is an interaction and its negatives; what the user brings is made once a group.
package final class RankingPiece: @unchecked Sendable {
    // Sendable: each object belongs to one worker of a loop; loops come one after the other.

    package let users: EncodedRows
    package let items: EncodedRows
    package let crosses: EncodedRows
    /// The rows' items, `groups × (1 + negatives)`.
    package let rowItems: UnsafeMutablePointer<Int32>
    package let labels: Matrix
    package let weights: Matrix
    /// The user's part of a block, before it is copied to the rows of each group.
    private let userX: Matrix
    private let userSide: Matrix
    /// Slopes of the users' columns, a row a group, and of the items' columns.
    private let userSlope: Matrix
    private let userSideSlope: Matrix
    private let itemSlope: Matrix
    private let itemSideSlope: Matrix
    /// Slopes of all columns, a row a row, where a group is one row: then nothing is summed, and nothing copied.
    private let rowSlope: Matrix?
    /// The stem's slopes by x, where the network has slopes by x of its own.
    private let stemSlope: Matrix
    private let space: RankingWorkspace
    /// The histories of the groups.
    package var bags = TowerInput.Bags()
    /// How many groups the step has here.
    package var groups = 0
    /// What they lose.
    package var loss = 0.0

    /// Takes memory for up to `groups` groups, run in blocks of `blockGroups`.
    package init(_ network: some RankingNetwork, groups: Int, negatives: Int, targets: Int, blockGroups: Int) {
        let layout = network.layout
        let rows = groups * (1 + negatives)
        let block = blockGroups * (1 + negatives)
        users = EncodedRows(fields: layout.fields.user.count, numbers: layout.fields.userNumbers, capacity: groups)
        items = EncodedRows(fields: layout.fields.item.count, numbers: layout.fields.itemNumbers, capacity: rows)
        crosses = EncodedRows(fields: layout.fields.crosses.count, numbers: 0, capacity: rows)
        rowItems = .allocate(capacity: max(rows, 1))
        labels = Matrix(rows: rows, columns: targets)
        weights = Matrix(rows: rows, columns: targets)
        userX = Matrix(rows: blockGroups, columns: layout.userWidth)
        userSide = Matrix(rows: blockGroups, columns: layout.userSideWidth)
        let isDirect = negatives == 0 && network.stem == nil
        rowSlope = isDirect ? Matrix(rows: groups, columns: layout.width) : nil
        userSlope = Matrix(rows: isDirect ? 0 : groups, columns: layout.userWidth)
        userSideSlope = Matrix(rows: groups, columns: layout.userSideWidth)
        itemSlope = Matrix(rows: isDirect ? 0 : rows, columns: layout.itemWidth)
        itemSideSlope = Matrix(rows: rows, columns: layout.itemSideWidth)
        stemSlope = Matrix(rows: network.stem != nil && network.readsInput ? block : 0, columns: layout.width)
        space = RankingWorkspace(network, targets: targets, capacity: block, withSlopes: true)
    }

    deinit { rowItems.deallocate() }

    /// Runs groups `range` (counted within the piece) forward and backward.
    ///
    /// - Parameters:
    ///   - firstRow: the number in the batch of the first row of `range`.
    ///   - pair: writes a row's pair numbers, given the row in the piece and where they begin in its x.
    package func run(
        _ network: some RankingNetwork, _ parameters: Parameters, gradients: DenseGradients, range: Range<Int>,
        rowsPerGroup: Int, firstRow: Int, dropout: (share: Float, seed: UInt64)?,
        pair: (Int, UnsafeMutablePointer<Float>) -> Void
    ) {
        let layout = network.layout
        let (rows, first) = (range.count * rowsPerGroup, range.lowerBound * rowsPerGroup)
        var space = space
        space.dropout = dropout
        space.firstRow = firstRow
        if let rowSlope { (space.xSlope, space.firstSlopeRow) = (rowSlope, range.lowerBound) }
        gather(layout, parameters, range: range, rowsPerGroup: rowsPerGroup)
        if layout.fields.pairNumbers > 0 {
            for row in 0..<rows { pair(first + row, space.x.pointer + row * layout.width + layout.pairColumn) }
        }
        network.stem?.forward(parameters, x: space.x, y: space.stem, rows: 0..<rows)
        network.forward(parameters, space, rows: rows)
        let targets = labels.columns
        loss += martlet_logistic_loss(
            space.logits.pointer, labels.pointer + first * targets, weights.pointer + first * targets, rows * targets,
            space.logitSlope.pointer)
        if network.readsInput, !network.writesInputSlopes {
            space.xSlopes.update(repeating: 0, count: rows * layout.width)
        }
        network.backward(parameters, space, gradients: gradients, rows: rows)
        if let stem = network.stem {
            let slope = network.readsInput ? stemSlope : space.xSlope
            stem.backward(
                parameters, x: space.x, y: space.stem, dy: space.stemSlope, dx: slope, gradients: gradients,
                rows: 0..<rows)
            if network.readsInput { martlet_axpy(1, slope.pointer, space.xSlopes, rows * layout.width) }
        }
        scatter(layout, range: range, rowsPerGroup: rowsPerGroup)
    }

    private func gather(_ layout: RankingLayout, _ parameters: Parameters, range: Range<Int>, rowsPerGroup: Int) {
        bags.offsets.withUnsafeBufferPointer { offsets in
            // An empty array has no address, and then nothing is read from it.
            bags.ids.withUnsafeBufferPointer { ids in
                bags.weights.withUnsafeBufferPointer { weights in
                    let pointers = layout.fields.history.map { _ in
                        BagPointers(
                            offsets: offsets.baseAddress! + range.lowerBound, ids: ids.baseAddress,
                            weights: weights.baseAddress)
                    }
                    // Where a group is one row, nothing need be copied.
                    let (x, side) = rowsPerGroup == 1 ? (space.x, space.side) : (userX, userSide)
                    layout.gatherUsers(
                        parameters, users, first: range.lowerBound, rows: range.count, bags: pointers, x: x.pointer,
                        stride: x.columns, side: side.pointer, sideStride: side.columns)
                }
            }
        }
        let rows = range.count * rowsPerGroup
        if rowsPerGroup > 1 {
            Self.spread(userX, to: space.x, groups: range.count, rowsPerGroup: rowsPerGroup)
            Self.spread(userSide, to: space.side, groups: range.count, rowsPerGroup: rowsPerGroup)
        }
        layout.gatherItems(
            parameters, items, first: range.lowerBound * rowsPerGroup, rows: rows,
            x: space.x.pointer + layout.userWidth, stride: layout.width,
            side: space.side.pointer + layout.userSideWidth, sideStride: layout.sideWidth)
        layout.gatherCrosses(
            parameters, crosses, first: range.lowerBound * rowsPerGroup, rows: rows, side: space.side.pointer,
            sideStride: layout.sideWidth)
    }

    /// Copies each group's row to the first columns of all rows of the group.
    private static func spread(_ from: Matrix, to: Matrix, groups: Int, rowsPerGroup: Int) {
        guard from.columns > 0 else { return }
        for row in 0..<groups * rowsPerGroup {
            (to.pointer + row * to.columns).update(
                from: from.pointer + row / rowsPerGroup * from.columns, count: from.columns)
        }
    }

    /// Keeps the slopes of the block's inputs for the optimiser: those of the user summed over each group.
    private func scatter(_ layout: RankingLayout, range: Range<Int>, rowsPerGroup: Int) {
        for (slope, user, item, userWidth) in [
            (space.xSlope, userSlope, itemSlope, layout.userWidth),
            (space.sideSlope, userSideSlope, itemSideSlope, layout.userSideWidth),
        ] where slope.columns > 0 && user.rows > 0 {
            let (width, itemWidth) = (slope.columns, slope.columns - userWidth)
            for group in 0..<range.count {
                let to = user.pointer + (range.lowerBound + group) * userWidth
                for row in group * rowsPerGroup..<(group + 1) * rowsPerGroup {
                    let from = slope.pointer + row * width
                    if row == group * rowsPerGroup {
                        to.update(from: from, count: userWidth)
                    } else {
                        martlet_axpy(1, from, to, userWidth)
                    }
                    (item.pointer + (range.lowerBound * rowsPerGroup + row) * itemWidth).update(
                        from: from + userWidth, count: itemWidth)
                }
            }
        }
    }

    /// What the tables are owed.
    package func uses(_ layout: RankingLayout, rowsPerGroup: Int) -> [TableUse] {
        let rows = groups * rowsPerGroup
        var uses: [TableUse] = []
        func add(
            _ lookups: [RankingLayout.Lookup], _ encoded: EncodedRows, _ count: Int, _ slope: Matrix, before: Int
        ) {
            for lookup in lookups {
                uses.append(
                    TableUse(
                        table: lookup.table, offsets: nil, ids: encoded.array(lookup.field, count: count),
                        weights: nil, gradient: slope, column: lookup.column - before, width: lookup.width))
            }
        }
        add(layout.user, users, groups, rowSlope ?? userSlope, before: 0)
        add(layout.item, items, rows, rowSlope ?? itemSlope, before: rowSlope == nil ? layout.userWidth : 0)
        add(layout.userSide, users, groups, userSideSlope, before: 0)
        add(layout.itemSide, items, rows, itemSideSlope, before: layout.userSideWidth)
        add(layout.crossSide, crosses, rows, itemSideSlope, before: layout.userSideWidth)
        for (lookup, slope) in [(layout.history, rowSlope ?? userSlope), (layout.historySide, userSideSlope)] {
            guard let lookup else { continue }
            uses.append(
                TableUse(
                    table: lookup.table, offsets: bags.offsets, ids: bags.ids, weights: bags.weights, gradient: slope,
                    column: lookup.column, width: lookup.width))
        }
        return uses
    }
}
