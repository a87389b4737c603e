/// What the training rows say about each user or item in one column of the interactions.
struct EntityAggregates: Sendable {
    /// Rows with a value.
    var counts: [Double]
    /// Their sum.
    var sums: [Double]
    /// The sum of the squares of their distance from the mean.
    var squares: [Double]
    /// The least of them; infinite if there are none.
    var minima: [Double]
    /// The greatest of them; infinite if there are none.
    var maxima: [Double]

    /// Goes over the rows twice: for the sums, then for the distances from the means.
    ///
    /// - Parameters:
    ///   - rows: the training rows.
    ///   - entities: each row's user or item, in `0 ..< count` for training rows.
    ///   - count: how many users or items there are.
    ///   - value: the number at a row; NaN is left out.
    init(
        rows: UnsafeBufferPointer<UInt32>, entities: UnsafeBufferPointer<Int32>, count: Int, value: (Int) -> Double
    ) {
        counts = [Double](repeating: 0, count: count)
        sums = counts
        squares = counts
        minima = [Double](repeating: .infinity, count: count)
        maxima = [Double](repeating: -.infinity, count: count)
        for row in rows {
            let number = value(Int(row))
            guard !number.isNaN else { continue }
            let entity = Int(entities[Int(row)])
            counts[entity] += 1
            sums[entity] += number
            minima[entity] = min(minima[entity], number)
            maxima[entity] = max(maxima[entity], number)
        }
        for row in rows {
            let number = value(Int(row))
            guard !number.isNaN else { continue }
            let entity = Int(entities[Int(row)])
            let distance = number - sums[entity] / counts[entity]
            squares[entity] += distance * distance
        }
    }
}
