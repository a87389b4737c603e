import Tensor

/// The numbers of x, which lie at its two ends, side by side.
package struct NumberColumns: Sendable {
    /// How many there are.
    package let count: Int
    private let layout: RankingLayout

    package init(_ layout: RankingLayout) {
        self.layout = layout
        count = layout.numberCount
    }

    /// Writes the numbers of the first `rows` rows of `x` to `numbers`, `B × C`.
    package func gather(_ x: Matrix, to numbers: Matrix, rows: Int) {
        let (user, item) = (layout.fields.userNumbers, count - layout.fields.userNumbers)
        for row in 0..<rows {
            let (from, to) = (x.pointer + row * x.columns, numbers.pointer + row * count)
            to.update(from: from, count: user)
            (to + user).update(from: from + layout.itemNumberColumn, count: item)
        }
    }
}
