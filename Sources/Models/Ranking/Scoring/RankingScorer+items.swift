import Core
import Features
import Tensor

extension RankingScorer {
    /// The parts of items whose features are others than the dataset's, made for one request.
    struct ItemParts: Sendable {
        private let places: [Int32: Int]
        let rows: EncodedRows
        let x: Matrix
        let side: Matrix
        let stem: Matrix

        /// Where an item's parts are; nil: the dataset's own hold.
        func place(of item: Int32) -> Int? { places[item] }

        fileprivate init(_ items: [Int32], rows: EncodedRows, x: Matrix, side: Matrix, stem: Matrix) {
            places = Dictionary(items.enumerated().map { ($1, $0) }) { first, _ in first }
            self.rows = rows
            self.x = x
            self.side = side
            self.stem = stem
        }
    }

    /// Makes the parts of those items whose features differ from the dataset's; nil if none do.
    ///
    /// What a code past its table stands for nobody knows: the dataset's stays.
    ///
    /// - Complexity: O(items · features + items that differ · stem)
    func parts(of given: EncodedItems) -> ItemParts? {
        let fresh = FreshCodes(given, shape.inputs)
        let changed = fresh.differing(from: inputs)
        guard !changed.isEmpty else { return nil }
        let (layout, count) = (network.layout, changed.count)
        let rows = EncodedRows(fields: inputs.fields.item.count, numbers: inputs.fields.itemNumbers, capacity: count)
        for (place, (item, row)) in changed.enumerated() {
            inputs.encode(item: item, isDropped: false, to: rows, at: place)
            // The first field is the id.
            for feature in shape.inputs.itemFeatures.indices {
                if let code = fresh.code(feature, row) { rows.codes[1 + feature][place] = code }
            }
            for feature in shape.inputs.itemNumbers.indices {
                if let number = fresh.number(feature, row) {
                    rows.numbers.pointer[place * inputs.fields.itemNumbers + feature] = number
                }
            }
        }
        let width = network.stem?.output ?? 0
        let x = Matrix(rows: count, columns: layout.itemWidth)
        let side = Matrix(rows: count, columns: layout.itemSideWidth)
        let stem = Matrix(rows: count, columns: width)
        layout.gatherItems(
            parameters, rows, first: 0, rows: count, x: x.pointer, stride: layout.itemWidth, side: side.pointer,
            sideStride: layout.itemSideWidth)
        if let layer = network.stem {
            sgemm(
                m: count, n: width, k: layout.itemWidth, a: x.pointer, strideA: layout.itemWidth,
                b: parameters[layer.weight].pointer + layout.userWidth * width, strideB: width, c: stem.pointer,
                strideC: width, threads: 1)
        }
        return ItemParts(changed.map(\.item), rows: rows, x: x, side: side, stem: stem)
    }
}
