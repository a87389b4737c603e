import Core
import Tensor

/// A mean over users and its 95 % confidence interval.
public struct Interval: Codable, Hashable, Sendable {
    /// The mean.
    public var value: Double
    /// The lower end.
    public var low: Double
    /// The upper end.
    public var high: Double

    /// Makes an interval.
    public init(value: Double, low: Double, high: Double) {
        self.value = value
        self.low = low
        self.high = high
    }

    private enum Key: String, CodingKey { case value, low, high }

    /// Reads an interval; an end that is null is without bound.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        value = try container.decode(Double.self, forKey: .value)
        low = try container.decodeIfPresent(Double.self, forKey: .low) ?? -.infinity
        high = try container.decodeIfPresent(Double.self, forKey: .high) ?? .infinity
    }

    /// Writes an interval; JSON has no word for an end without bound but null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(value, forKey: .value)
        try container.encode(low.isFinite ? low : nil, forKey: .low)
        try container.encode(high.isFinite ? high : nil, forKey: .high)
    }

    /// Half the interval's width: the `y` of "x ± y".
    public var margin: Double { (high - low) / 2 }
}

extension Interval {
    /// Up to this many users the interval is bootstrapped.
    static let bootstrapLimit = 5000
    /// How many times users are drawn anew.
    static let resamples = 1000

    /// The mean of each column of numbers (one number a user) with a 95 % interval over the choice of users.
    ///
    /// Up to 5,000 users, by the percentile bootstrap: 1,000 times as many users are drawn with replacement as there
    /// are, and the interval holds the middle 95 % of the means (Efron, "Bootstrap Methods: Another Look at the
    /// Jackknife", 1979). With more, the mean is so nearly normal that mean ± 1.96 · s/√U is the same to the digits
    /// shown, and is used. The same `seed` gives the same interval with any number of threads, and all columns see the
    /// same draws.
    ///
    /// - Complexity: O(1000 · U · columns) or O(U · columns)
    static func means(of columns: [ArraySlice<Float>], seed: UInt64) -> [Interval] {
        guard let count = columns.first?.count, count > 0 else {
            return columns.map { _ in Interval(value: 0, low: 0, high: 0) }
        }
        let means = columns.map { $0.reduce(0.0) { $0 + Double($1) } / Double(count) }
        guard count <= bootstrapLimit else {
            return zip(columns, means).map { column, mean in
                let squares = column.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
                let margin = 1.959964 * (squares / Double(count - 1) / Double(count)).squareRoot()
                return Interval(value: mean, low: mean - margin, high: mean + margin)
            }
        }
        var drawn = [Double](repeating: 0, count: columns.count * resamples)
        drawn.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let drawn = buffer
            parallelFor(resamples, grain: 16) { range, _ in
                var times = [Float](repeating: 0, count: count)
                for resample in range {
                    var random = RandomSource(seed: seed, stream: UInt64(resample))
                    for user in 0..<count { times[user] = 0 }
                    for _ in 0..<count { times[random.index(below: count)] += 1 }
                    times.withUnsafeBufferPointer { times in
                        for (number, column) in columns.enumerated() {
                            let sum = column.withUnsafeBufferPointer { dot($0, times) }
                            drawn[number * resamples + resample] = Double(sum) / Double(count)
                        }
                    }
                }
            }
        }
        return means.enumerated().map { number, mean in
            let sorted = drawn[number * resamples..<(number + 1) * resamples].sorted()
            return Interval(
                value: mean, low: min(mean, sorted[resamples * 25 / 1000]),
                high: max(mean, sorted[resamples * 975 / 1000 - 1]))
        }
    }
}
