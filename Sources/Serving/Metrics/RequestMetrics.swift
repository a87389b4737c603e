/// How many requests there were and how long they took, by route and status.
///
/// One latency histogram for each pair of route and status, all in one block of atomic counters: a request costs two
/// additions.
struct RequestMetrics: Sendable {
    /// The upper bounds of the latency buckets in seconds; the last bucket has no bound.
    static let bounds: [Double] = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ]
    /// The statuses told apart; any other counts under the last.
    static let statuses = [200, 304, 400, 401, 404, 405, 406, 413, 415, 499, 503, 507, 500]

    private static let boundsInNanoseconds = bounds.map { Int($0 * 1e9) }
    /// Buckets, the one without bound, and the sum.
    private static let width = bounds.count + 2
    private let cells = AtomicCounters(count: Route.allCases.count * statuses.count * width)

    /// Notes one answered request. O(buckets).
    func record(_ route: Route, status: Int, nanoseconds: Int) {
        let slot = Self.statuses.firstIndex(of: status) ?? Self.statuses.count - 1
        let start = (route.rawValue * Self.statuses.count + slot) * Self.width
        var bucket = 0
        while bucket < Self.bounds.count, nanoseconds > Self.boundsInNanoseconds[bucket] { bucket += 1 }
        cells.add(1, at: start + bucket)
        cells.add(nanoseconds, at: start + Self.width - 1)
    }

    /// The latencies of one route and status.
    struct Histogram {
        var route: Route
        var status: Int
        /// Requests at or under each bound of ``RequestMetrics/bounds``, then all.
        var cumulative: [Int]
        /// The sum of the latencies in seconds.
        var sum: Double
        /// How many requests there were.
        var count: Int { cumulative.last ?? 0 }
    }

    /// The histograms that hold at least one request.
    var histograms: [Histogram] {
        Route.allCases.flatMap { route in
            Self.statuses.indices.compactMap { slot -> Histogram? in
                let start = (route.rawValue * Self.statuses.count + slot) * Self.width
                var total = 0
                let cumulative = (0...Self.bounds.count).map { bucket in
                    total += cells.value(at: start + bucket)
                    return total
                }
                guard total > 0 else { return nil }
                let sum = Double(cells.value(at: start + Self.width - 1)) / 1e9
                return Histogram(route: route, status: Self.statuses[slot], cumulative: cumulative, sum: sum)
            }
        }
    }
}
