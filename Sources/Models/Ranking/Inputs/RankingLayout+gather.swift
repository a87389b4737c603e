import CKernels
import Tensor

/// One worker's bags of history items, for the rows of a block.
package struct BagPointers {
    /// Where each row's entries begin; one more than there are rows.
    package var offsets: UnsafePointer<Int64>
    /// Rows of the items' table; nil if there is no entry.
    package var ids: UnsafePointer<Int32>?
    /// How much each counts.
    package var weights: UnsafePointer<Float>?
}

extension RankingLayout {
    /// Writes the user's columns of x and of the second input for `rows` rows, which begin at row `first` of `encoded`.
    package func gatherUsers(
        _ parameters: Parameters, _ encoded: EncodedRows, first: Int, rows: Int, bags: BagPointers?,
        x: UnsafeMutablePointer<Float>, stride: Int, side: UnsafeMutablePointer<Float>, sideStride: Int
    ) {
        Self.copyNumbers(encoded.numbers, first: first, rows: rows, to: x, stride: stride)
        Self.gather(user, parameters, encoded, first: first, rows: rows, to: x, stride: stride)
        Self.gather(userSide, parameters, encoded, first: first, rows: rows, to: side, stride: sideStride)
        guard let bags else { return }
        for (lookup, to, stride) in [(history, x, stride), (historySide, side, sideStride)] {
            guard let lookup else { continue }
            martlet_pool(
                parameters[lookup.table].pointer, lookup.width, bags.offsets, bags.ids, bags.weights, rows, 0,
                to + lookup.column, stride)
        }
    }

    /// Writes the item's columns of x and of the second input; the pair's numbers become 0.
    ///
    /// - Parameters:
    ///   - x: where the item's columns begin in the first row.
    ///   - side: where they begin in the second input.
    package func gatherItems(
        _ parameters: Parameters, _ encoded: EncodedRows, first: Int, rows: Int, x: UnsafeMutablePointer<Float>,
        stride: Int, side: UnsafeMutablePointer<Float>, sideStride: Int
    ) {
        Self.gather(
            item, parameters, encoded, first: first, rows: rows, to: x - userWidth, stride: stride)
        Self.gather(
            itemSide, parameters, encoded, first: first, rows: rows, to: side - userSideWidth, stride: sideStride)
        let numbers = x + (itemNumberColumn - userWidth)
        Self.copyNumbers(encoded.numbers, first: first, rows: rows, to: numbers, stride: stride)
        guard fields.pairNumbers > 0 else { return }
        for row in 0..<rows {
            (numbers + row * stride + fields.itemNumbers).update(repeating: 0, count: fields.pairNumbers)
        }
    }

    /// Writes the crosses' columns of the second input; `side` is where the first row begins.
    package func gatherCrosses(
        _ parameters: Parameters, _ rowsOfCross: EncodedRows, first: Int, rows: Int,
        side: UnsafeMutablePointer<Float>, sideStride: Int
    ) {
        Self.gather(crossSide, parameters, rowsOfCross, first: first, rows: rows, to: side, stride: sideStride)
    }

    private static func gather(
        _ lookups: [Lookup], _ parameters: Parameters, _ encoded: EncodedRows, first: Int, rows: Int,
        to: UnsafeMutablePointer<Float>, stride: Int
    ) {
        for lookup in lookups {
            martlet_gather(
                parameters[lookup.table].pointer, lookup.width, encoded.codes[lookup.field] + first, rows, 0,
                to + lookup.column, stride)
        }
    }

    private static func copyNumbers(
        _ numbers: Matrix, first: Int, rows: Int, to: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let count = numbers.columns
        guard count > 0 else { return }
        for row in 0..<rows { (to + row * stride).update(from: numbers.pointer + (first + row) * count, count: count) }
    }
}
