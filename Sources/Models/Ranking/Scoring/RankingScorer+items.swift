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
        let features = shape.inputs.itemFeatures
        let codes = features.map { feature -> Buffer<Int32>? in
            guard case .int32(let codes)? = try? given.table.column(feature.name).values else { return nil }
            return codes
        }
        let numbers = shape.inputs.itemNumbers.map { name -> Buffer<Float>? in
            guard case .float32(let numbers)? = try? given.table.column(name).values else { return nil }
            return numbers
        }
        func code(_ place: Int, _ row: Int) -> Int32? {
            guard let code = codes[place]?[row], code >= 0, Int(code) < features[place].cardinality else { return nil }
            return code
        }
        func number(_ place: Int, _ row: Int) -> Float? {
            numbers[place].map { $0[row] }.flatMap { $0.isFinite ? $0 : nil }
        }
        func differs(_ item: Int, _ row: Int) -> Bool {
            for place in features.indices {
                if let code = code(place, row), code != inputs.items.codes[place][item] { return true }
            }
            for place in numbers.indices {
                if let number = number(place, row),
                    number != inputs.items.numbers[item * inputs.items.numberCount + place]
                {
                    return true
                }
            }
            return false
        }
        let changed = zip(given.items, given.rows).filter { differs(Int($0), $1) }
        guard !changed.isEmpty else { return nil }
        let (layout, count) = (network.layout, changed.count)
        let rows = EncodedRows(fields: inputs.fields.item.count, numbers: inputs.fields.itemNumbers, capacity: count)
        for (place, (item, row)) in changed.enumerated() {
            inputs.encode(item: item, isDropped: false, to: rows, at: place)
            // The first field is the id.
            for feature in features.indices {
                if let code = code(feature, row) { rows.codes[1 + feature][place] = code }
            }
            for feature in numbers.indices {
                if let number = number(feature, row) {
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
        return ItemParts(changed.map(\.0), rows: rows, x: x, side: side, stem: stem)
    }
}
