import Core

/// How far predicted ratings are from those that users gave.
public struct RatingErrors: Codable, Sendable, Equatable {
    /// The mean of (ŷ − y)².
    public var mse: Double
    /// √ of the mean of (ŷ − y)².
    public var rmse: Double
    /// The mean of |ŷ − y|.
    public var mae: Double

    /// Measures ratings.
    ///
    /// - Throws: `invalidData` if counts differ, there are none, or one is no finite number.
    public init(predicted: [Double], actual: [Double]) throws {
        guard predicted.count == actual.count, !actual.isEmpty else {
            throw MartletError(
                .invalidData, "\(predicted.count) predicted ratings for \(actual.count) that users gave",
                hint: "give one predicted rating for each")
        }
        if let row = actual.indices.first(where: { !(predicted[$0] - actual[$0]).isFinite }) {
            throw MartletError(.invalidData, "row \(row): \(predicted[row]) for \(actual[row]) is no pair of ratings")
        }
        let errors = zip(predicted, actual).map { $0 - $1 }
        mse = errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)
        rmse = mse.squareRoot()
        mae = errors.reduce(0) { $0 + abs($1) } / Double(errors.count)
    }
}
