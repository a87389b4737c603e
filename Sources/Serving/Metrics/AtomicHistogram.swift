/// A latency histogram that any thread may add to without a lock.
struct AtomicHistogram: Sendable {
    /// The upper bounds of the buckets in seconds; one more has no bound.
    let bounds: [Double]
    private let nanoseconds: [Int]
    private let cells: AtomicCounters

    /// Makes an empty histogram.
    init(bounds: [Double]) {
        self.bounds = bounds
        nanoseconds = bounds.map { Int($0 * 1e9) }
        cells = AtomicCounters(count: bounds.count + 2)
    }

    /// Notes one duration. O(buckets).
    func record(nanoseconds duration: Int) {
        var bucket = 0
        while bucket < nanoseconds.count, duration > nanoseconds[bucket] { bucket += 1 }
        cells.add(1, at: bucket)
        cells.add(duration, at: nanoseconds.count + 1)
    }

    /// Writes the histogram as Prometheus reads it.
    func write(_ name: String, _ help: String, to text: inout PrometheusText) {
        text.begin(name, "histogram", help)
        write(name, labels: [], to: &text)
    }

    /// Writes the samples of a histogram that was opened.
    func write(_ name: String, labels: [(String, String)], to text: inout PrometheusText) {
        var total = 0
        for (index, bound) in (bounds + [.infinity]).enumerated() {
            total += cells.value(at: index)
            text.sample(name + "_bucket", labels + [("le", PrometheusText.number(bound))], Double(total))
        }
        text.sample(name + "_sum", labels, Double(cells.value(at: bounds.count + 1)) / 1e9)
        text.sample(name + "_count", labels, Double(total))
    }
}
