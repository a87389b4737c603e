/// Mean and variance of numbers that come in batches, without the loss of digits of sums of squares.
///
/// Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
struct RunningMoments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0

    /// The variance over the numbers themselves (not of a sample); 0 if there are none.
    var variance: Double { count == 0 ? 0 : squares / count }

    /// Adds a batch; NaN is left out.
    mutating func add(_ values: [Double]) {
        var batchCount = 0.0
        var sum = 0.0
        for value in values where !value.isNaN {
            batchCount += 1
            sum += value
        }
        guard batchCount > 0 else { return }
        let batchMean = sum / batchCount
        var batchSquares = 0.0
        for value in values where !value.isNaN { batchSquares += (value - batchMean) * (value - batchMean) }
        let total = count + batchCount
        let shift = batchMean - mean
        mean += shift * batchCount / total
        squares += batchSquares + shift * shift * count * batchCount / total
        count = total
    }
}
