/// A metric's series in a step of a run, as far as it can be said without reading its points.
public struct MetricSeries: Sendable, Hashable, Identifiable {
    /// The series' number in the store.
    public var id: Int64
    /// The run's id.
    public var run: String
    /// The step that logged it.
    public var step: String
    /// The metric's name, such as `loss`.
    public var name: String
    /// How many points it has.
    public var count: Int
    /// The place of the first point, such as an epoch.
    public var firstIndex: Int64
    /// The place of the last point.
    public var lastIndex: Int64
    /// The last point's value.
    public var last: Double
    /// The least value; NaN if no value is a number.
    public var minimum: Double
    /// Where the least value stands first.
    public var minimumIndex: Int64
    /// The greatest value; NaN if no value is a number.
    public var maximum: Double
    /// Where the greatest value stands first.
    public var maximumIndex: Int64
}

/// A series small enough to be drawn: groups of neighbouring points, each with its mean and its extremes.
public struct Curve: Sendable, Hashable {
    /// The series that it is of.
    public var series: MetricSeries
    /// The place of each group's last point.
    public var indices: [Int64]
    /// Each group's mean; NaN where a point of it is none.
    public var means: [Double]
    /// Each group's least value.
    public var minima: [Double]
    /// Each group's greatest value.
    public var maxima: [Double]
}
