import Core

/// How well one slice of users is served, or how well one slice of items is found.
public struct SliceResult: Codable, Sendable, Equatable {
    /// What the slices differ in, such as `market`.
    public var slicing: String
    /// The slice, such as `France`.
    public var slice: String
    /// Whether it is a slice of items; of users otherwise.
    public var isOfItems: Bool
    /// Of users: how many of them were measured. Of items: how many items there are.
    public var count: Int
    /// Of users: as ``count``. Of items: how many pairs of a user and a relevant item of the slice there were to find.
    public var chances: Int
    /// Of users: the mean of the chosen metric. Of items: the share of the pairs that was found. With a 95 % interval
    /// by the normal approximation; NaN without chances.
    public var value: Interval
    /// Of users: the means of all metrics by name. Of items: `places`, the share of all places of lists.
    public var metrics: [String: Double]

    /// `market France`.
    public var name: String { "\(slicing) \(slice)" }
}

extension SliceResult {
    /// Each slice of users, with the means of all metrics.
    ///
    /// - Parameters:
    ///   - slicing: slices of the lists' users, list by list.
    ///   - measured: the metrics of the users.
    ///   - metric: the name of the metric that ``value`` is of.
    /// - Complexity: O(metrics · U)
    static func ofUsers(_ slicing: Slicing, _ measured: UserMetrics, metric: String) -> [SliceResult] {
        let slices = slicing.labels.count
        let codes = measured.users.map { slicing.codes[$0] }
        var counts = [Int](repeating: 0, count: slices)
        for code in codes where code >= 0 { counts[Int(code)] += 1 }
        var means: [[Double]] = []
        var squares = [Double](repeating: 0, count: slices)
        for number in measured.metrics.indices {
            let isChosen = measured.metrics[number].description == metric
            var sums = [Double](repeating: 0, count: slices)
            codes.withUnsafeBufferPointer { codes in
                measured.values.withUnsafeBufferPointer { values in
                    let column = values.baseAddress.map { $0 + number * codes.count }
                    for user in codes.indices where codes[user] >= 0 {
                        let value = Double(column![user])
                        sums[Int(codes[user])] += value
                        if isChosen { squares[Int(codes[user])] += value * value }
                    }
                }
            }
            means.append(sums.indices.map { counts[$0] > 0 ? sums[$0] / Double(counts[$0]) : .nan })
        }
        let chosen = measured.metrics.firstIndex { $0.description == metric }
        return (0..<slices).map { slice in
            let mean = chosen.map { means[$0][slice] } ?? .nan
            let metrics = measured.metrics.indices.map { (measured.metrics[$0].description, means[$0][slice]) }
            return SliceResult(
                slicing: slicing.name, slice: slicing.labels[slice], isOfItems: false, count: counts[slice],
                chances: counts[slice], value: interval(mean: mean, squares: squares[slice], count: counts[slice]),
                metrics: Dictionary(metrics.filter { $0.1.isFinite }) { first, _ in first })
        }
    }

    /// Each slice of items: which share of what users chose of it was in their lists, and which share of all places it
    /// has.
    ///
    /// - Complexity: O(N)
    static func ofItems(_ slicing: Slicing, _ tally: ItemTally) -> [SliceResult] {
        let slices = slicing.labels.count
        var (items, places) = ([Int](repeating: 0, count: slices), [Int](repeating: 0, count: slices))
        var (found, relevant) = (items, items)
        for (item, code) in slicing.codes.enumerated() where code >= 0 && item < tally.places.count {
            items[Int(code)] += 1
            places[Int(code)] += Int(tally.places[item])
            found[Int(code)] += Int(tally.found[item])
            relevant[Int(code)] += Int(tally.relevant[item])
        }
        let total = max(tally.totalPlaces, 1)
        return (0..<slices).map { slice in
            let share = relevant[slice] > 0 ? Double(found[slice]) / Double(relevant[slice]) : .nan
            return SliceResult(
                slicing: slicing.name, slice: slicing.labels[slice], isOfItems: true, count: items[slice],
                chances: relevant[slice],
                value: interval(mean: share, squares: Double(found[slice]), count: relevant[slice]),
                metrics: ["places": Double(places[slice]) / Double(total)])
        }
    }

    /// Mean ± 1.96 · s / √n.
    private static func interval(mean: Double, squares: Double, count: Int) -> Interval {
        guard count > 0, mean.isFinite else { return Interval(value: .nan, low: .nan, high: .nan) }
        let variance = count > 1 ? max(0, squares - Double(count) * mean * mean) / Double(count - 1) : 0
        let margin = 1.959964 * (variance / Double(count)).squareRoot()
        return Interval(value: mean, low: mean - margin, high: mean + margin)
    }
}

extension [SliceResult] {
    /// The mean over slices of how far each is from the value of all: RecList's `func_per_slice`.
    public func deviation(from overall: Double) -> Double {
        let known = filter { $0.value.value.isFinite }
        guard !known.isEmpty else { return .nan }
        return known.reduce(0) { $0 + abs($1.value.value - overall) } / Double(known.count)
    }

    /// The slice with the least value among those with enough chances.
    public func worst(chances: Int) -> SliceResult? {
        filter { $0.chances >= chances && $0.value.value.isFinite }.min { $0.value.value < $1.value.value }
    }
}
