import Features

import Tensor

/// What one tower sees of a batch of `B` users or items.
package struct TowerInput: Sendable {
    /// The history of each row, as bags of table rows.
    package struct Bags: Sendable {
        /// Where each row's entries begin; `B + 1` numbers.
        package var offsets: [Int64]
        /// Rows of the table.
        package var ids: [Int32]
        /// How much each counts; those of a row sum to 1.
        package var weights: [Float]
        /// What each row's weights summed up to before they were divided by it.
        package var totals: [Float]

        package init(offsets: [Int64] = [0], ids: [Int32] = [], weights: [Float] = [], totals: [Float] = []) {
            self.offsets = offsets
            self.ids = ids
            self.weights = weights
            self.totals = totals
        }
    }

    /// `B`.
    package var rows: Int
    /// For each categorical input, each row's code.
    package var codes: [[Int32]]
    /// The continuous inputs, `B × C`; C may be 0.
    package var continuous: [Float]
    /// The histories, if the tower has any.
    package var history: Bags?

    package init(rows: Int, codes: [[Int32]], continuous: [Float], history: Bags?) {
        self.rows = rows
        self.codes = codes
        self.continuous = continuous
        self.history = history
    }
}

extension TowerInput {
    /// Puts encoded features in the place of the dataset's; what a row does not hold, or holds a code past its table
    /// for, stays as it is.
    ///
    /// - Parameters:
    ///   - rows: for each batch row its features; nil: all stay.
    ///   - first: the place of the first feature among the categorical inputs.
    mutating func replace(
        _ rows: [EncodedRow?], codes features: [TwoTowerShape.Feature], numbers: [String], from first: Int
    ) {
        for (row, fresh) in rows.enumerated() {
            guard let fresh else { continue }
            for (place, feature) in features.enumerated() {
                if let code = fresh.code(feature.name), code >= 0, Int(code) < feature.cardinality {
                    codes[first + place][row] = code
                }
            }
            for (place, name) in numbers.enumerated() {
                if let number = fresh.number(name), number.isFinite { continuous[row * numbers.count + place] = number }
            }
        }
    }

    /// Puts the rows of another piece of the batch after these.
    mutating func append(_ next: TowerInput) {
        rows += next.rows
        for feature in codes.indices { codes[feature] += next.codes[feature] }
        continuous += next.continuous
        guard let bags = next.history else { return }
        let entries = Int64(history!.ids.count)
        history!.offsets += bags.offsets.dropFirst().map { $0 + entries }
        history!.ids += bags.ids
        history!.weights += bags.weights
        history!.totals += bags.totals
    }
}
