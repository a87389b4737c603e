import Tensor

/// A rule that scores every item from the distinct items of a history, and from nothing else.
protocol HistoryScorer: Sendable {
    /// N, the number of items.
    var itemCount: Int { get }

    /// Adds the scores that follow from rows of histories.
    ///
    /// - Parameters:
    ///   - histories: each row's items, distinct, and how much each weighs; without values all weigh 1.
    ///   - rows: the rows that are wanted.
    ///   - scores: `rows.count × N`, which hold numbers already.
    func add(_ histories: SparseRows, rows: Range<Int>, to scores: UnsafeMutablePointer<Float>)
}
